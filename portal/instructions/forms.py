"""The shape of a registration as it is typed, and of a workbook that is chosen."""

from __future__ import annotations

from datetime import date
from typing import Any, cast

from flask_wtf.file import MultipleFileField
from wtforms import BooleanField, DateField, HiddenField, RadioField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import AnyOf, InputRequired, Length

from portal.deadlines.rules import SourceLevel, Urgency
from portal.instructions import service
from portal.instructions.rules import (
    MOST_LEADER,
    MOST_NUMBER,
    MOST_REASON,
    MOST_REQUIREMENT,
    MOST_TEXT,
    MOST_TITLE,
    Registration,
)
from portal.kernel.language import _, _l
from portal.kernel.refusals import Invalid
from portal.matters.models import Content, Matter
from portal.network.queries import leader_meant
from portal.web.forms import OfficeForm

_DAYS = ["%Y-%m-%d", "%Y年%m月%d日", "%Y/%m/%d", "%Y.%m.%d"]


class RegistrationForm(OfficeForm):
    """What the registering office enters."""

    source_level = RadioField(
        _l("批示来源"),
        [InputRequired(_l("请选择批示来源")), AnyOf(list(SourceLevel), _l("请选择批示来源"))],
        choices=[SelectChoice(level.value, level.label) for level in SourceLevel],
        validate_choice=False,
    )
    leader = StringField(_l("批示领导"), [InputRequired(_l("请填写批示领导")), Length(max=MOST_LEADER)])
    leader_post = StringField(
        _l("对应的领导账号"), [Length(max=64)], description=_l("批示领导在本市任职的，选其姓名，他可以查看此件")
    )
    instructed_on = DateField(_l("批示日期"), [InputRequired(_l("请填写批示日期"))], format=_DAYS)
    received_on = DateField(
        _l("收到日期"), [InputRequired(_l("请填写收到日期"))], format=_DAYS, description=_l("期限从收到次日起算")
    )
    text = TextAreaField(_l("批示内容"), [InputRequired(_l("请填写批示内容")), Length(max=MOST_TEXT)])
    title = StringField(_l("来文标题"), [InputRequired(_l("请填写来文标题")), Length(max=MOST_TITLE)])
    document_number = StringField(_l("来文字号"), [Length(max=MOST_NUMBER)])
    attachments = MultipleFileField(_l("附件"), description=_l("可选几个文件，每个不超过 20 MB"))
    urgency = RadioField(
        _l("紧急程度"),
        [InputRequired(_l("请选择紧急程度")), AnyOf(list(Urgency), _l("请选择紧急程度"))],
        choices=[SelectChoice(urgency.value, urgency.label) for urgency in Urgency],
        default=Urgency.NORMAL.value,
        validate_choice=False,
    )
    confidential = BooleanField(
        _l("限定知悉"), description=_l("内容只向知悉范围内人员显示，登记后不能改；不设协办单位，承办人由督查员指定")
    )
    lead_unit = StringField(_l("主办单位"), [Length(max=120)], description=_l("可在交办时再定；办事机构不作主办单位"))
    co_units = StringField(_l("协办单位"), [Length(max=1000)], description=_l("几个单位之间用顿号隔开"))
    requirement = TextAreaField(_l("办理要求"), [Length(max=MOST_REQUIREMENT)])
    known = HiddenField()
    beside = BooleanField(_l("已核对，不是重复，仍要登记"))

    def ask_about(self, numbers: list[str]) -> None:
        """Name the papers like this one, and ask whether it is to be registered beside them."""
        self.known.data, self.beside.data = "、".join(numbers), False

    @property
    def asked_about(self) -> list[str]:
        """The numbers that the form names."""
        return [number for number in (self.known.data or "").split("、") if number] if "known" in self else []

    def registration(self) -> Registration:
        """What was typed, with units and leader found; raises Invalid beside the fields."""
        lead, helping = service.units_typed(self._typed("lead_unit"), self._typed("co_units"))
        leader = leader_meant(self.leader_post.data) if self.leader_post.data else None
        if self.leader_post.data and leader is None:
            raise Invalid(_("没有找到这位领导"), fields={"leader_post": _("请从列出的姓名中选择；同名的请填登录名，不确定的留空")})
        return Registration(
            source_level=SourceLevel(self.source_level.data),
            urgency=Urgency(self.urgency.data),
            confidential=bool("confidential" in self and self.confidential.data),
            instructed_on=cast("date", self.instructed_on.data),
            received_on=cast("date", self.received_on.data),
            title=self.title.data or "",
            text=self.text.data or "",
            leader=self.leader.data or "",
            leader_id=leader.id if leader else None,
            document_number=self.document_number.data or None,
            requirement=self.requirement.data or None,
            lead_unit=lead,
            co_units=helping,
            request_key=self.key,
            beside=frozenset(self.asked_about if "beside" in self and self.beside.data else ()),
        )

    def _typed(self, name: str) -> str | None:
        return cast("str | None", self[name].data) if name in self else None

    def show(self, matter: Matter, content: Content, leader: str | None, co_units: str) -> None:
        """Draw the form with what is registered."""
        known: dict[str, Any] = {
            "source_level": str(matter.source_level),
            "urgency": str(matter.urgency),
            "instructed_on": matter.instructed_on,
            "received_on": matter.received_on,
            "title": content.title,
            "text": content.text,
            "leader": content.leader,
            "leader_post": leader,
            "document_number": content.document_number,
            "requirement": content.requirement,
            "lead_unit": f"{matter.lead_unit.name} ({matter.lead_unit.code})" if matter.lead_unit else None,
            "co_units": co_units,
        }
        for name, value in known.items():
            if name in self:
                self[name].data = value


class AmendForm(RegistrationForm):
    """Corrections; before assignment without a reason. `seen`: what the page has shown to follow from them."""

    confidential = None  # type: ignore[assignment]
    attachments = None  # type: ignore[assignment]
    known = beside = None  # type: ignore[assignment]
    reason = TextAreaField(_l("更正理由"), [Length(max=MOST_REASON)])
    seen = HiddenField()

    def only_for(self, *, assigned: bool) -> None:
        """After assignment the units are not corrected here, and a reason is owed."""
        if assigned:
            del self.lead_unit, self.co_units
            self.reason.flags.required = True
        else:
            del self.reason


class NewRoundForm(RegistrationForm):
    """A further instruction on the same matter; its secrecy is that of the former."""

    confidential = None  # type: ignore[assignment]
