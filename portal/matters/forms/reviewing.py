"""The forms of the office that supervises: review, decisions, ending, and who may read what has ended."""

from __future__ import annotations

from typing import Any

from wtforms import (
    DateField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
)
from wtforms.validators import InputRequired, Length, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from portal.access.actor import Actor
from portal.deadlines.formatting import day_words
from portal.kernel.language import _, _l
from portal.matters import absences
from portal.matters.forms.fields import DAYS, choices, words_field
from portal.matters.kinds import kind_of
from portal.matters.models import Matter
from portal.matters.service.assigning import Naming
from portal.matters.service.extending import Decision, asked_for
from portal.matters.service.reviewing import Return, reviewers_of
from portal.web.forms import OfficeForm, id_from
from portal.workflow.forms import ActForm
from portal.workflow.verbs import Said


class ReviewerForm(ActForm):
    """指定审核人."""

    lead = _l("报结材料签发后由审核人一人阅读和审核；原来的审核人不再可读。")

    handler = SelectField(_l("审核人"), [InputRequired(_l("请选择审核人"))], coerce=str, validate_choice=False)

    def offer(self, actor: Actor, found: Matter) -> None:
        self.handler.choices = [("", _("请选择")), *((str(h.post_id), h.name) for h in reviewers_of(found))]

    def given(self, found: Matter) -> Naming:
        return Naming(post_id=id_from(self.handler.data))


class ReasonForm(ActForm):
    """An act that needs a reason."""

    reason = words_field(_l("理由"))

    def given(self, found: Matter) -> Said:
        return Said(words=self.reason.data)


class WithdrawForm(ReasonForm):
    """撤销."""

    lead = _l("撤销后不再办理，编号保留。理由记入办理经过。")


class MakeConfidentialForm(ReasonForm):
    """改为限定知悉."""

    lead = _l(
        "本件作废：编号保留，文字和附件清除，不能恢复；已经读过的人只看到编号。批示内容按限定知悉另行登记，附件请先另存，登记后再加。"
    )

    def outcome(self, actor: Actor, doing: Any) -> str:
        return _("已作废，并按限定知悉另行登记为 %(number)s", number=doing.result.number)


class DecisionForm(ActForm):
    """批复延期."""

    path = "extension-decision"

    granted = RadioField(
        _l("批复"),
        [InputRequired(_l("请选择是否准予延期"))],
        validate_choice=False,
        choices=choices({"yes": _l("准予延期"), "no": _l("不予延期")}),
    )
    due_on = DateField(_l("准予延至"), [Optional()], format=DAYS, description=_l("不填即为申请的日期；可以早于申请的日期"))
    reason = words_field(_l("批复意见"), required=False)

    def on_page(self, actor: Actor, found: Matter) -> dict[str, Any]:
        asked = asked_for(actor, found)
        if asked is None:
            return {"lead": _("没有待批复的延期申请")}
        return {
            "facts": [
                (_("现定期限"), day_words(found.due_on)),
                (_("申请延至"), day_words(asked.until)),
                (_("理由"), asked.reason),
                (_("目前进展"), asked.progress),
            ]
        }

    def given(self, found: Matter) -> Decision:
        return Decision(granted=self.granted.data == "yes", until=self.due_on.data, words=self.reason.data or None)

    def outcome(self, actor: Actor, doing: Any) -> str:
        return _("已准予延期") + absences.notice(actor, doing.record) if doing.given.granted else _("已批复不予延期")


class CloseForm(ActForm):
    """办结."""

    words = words_field(_l("审核意见"), required=False)

    def on_page(self, actor: Actor, found: Matter) -> dict[str, Any]:
        return {"lead": kind_of(found).review.lead}

    def given(self, found: Matter) -> Said:
        return Said(words=self.words.data or None)


class ReturnForm(ActForm):
    """退回重办."""

    lead = _l("退回后期限按从未停止计算，退回次数计入本件。")

    failed = SelectMultipleField(
        _l("未通过的项目"),
        [InputRequired(_l("请勾选未通过的项目"))],
        validate_choice=False,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    reason = words_field(_l("退回理由"))

    def offer(self, actor: Actor, found: Matter) -> None:
        self.failed.choices = choices({code: one.label for code, one in kind_of(found).review.questions.items()})

    def given(self, found: Matter) -> Return:
        return Return(failed=tuple(self.failed.data or ()), words=self.reason.data)


class GrantForm(OfficeForm):
    """授权查阅: who, until when, why."""

    person = StringField(
        _l("授权给"),
        [InputRequired(_l("请选择人员")), Length(max=120)],
        description=_l("填姓名或登录名的一部分，从列出的人员中选择"),
    )
    last_day = DateField(
        _l("截至"), [InputRequired(_l("请填写截止日期"))], format=DAYS, description=_l("当日 24:00 自动结束，最长 90 天")
    )
    reason = words_field(_l("事由"), most=200)
