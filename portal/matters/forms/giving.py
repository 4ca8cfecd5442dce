"""The forms by which a matter is given to a unit and to its handler."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from wtforms import (
    BooleanField,
    DateField,
    RadioField,
    SelectField,
    StringField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import AnyOf, InputRequired, Length, Optional

from portal.access.actor import Actor
from portal.kernel.language import _, _l
from portal.matters import absences
from portal.matters.clocks import decline_days
from portal.matters.forms.fields import DAYS, choices, words_field
from portal.matters.models import Matter, State
from portal.matters.rules import DECLINE_REASONS, Lead
from portal.matters.service.assigning import Assignment, Declining, Naming
from portal.matters.service.forwarding import Forwarding
from portal.network.models import Unit
from portal.network.queries import handlers_of, names_in, proposal_for, resolve_unit, unit_typed
from portal.web.forms import id_from
from portal.workflow.forms import ActForm


def units_typed(text: str | None, field: str) -> list[Unit]:
    """Several units; one that is named twice, by whatever name, is meant once."""
    return list(dict.fromkeys(unit for name in names_in(text) if (unit := unit_typed(name, field)) is not None))


def _handler_field(description: Any = "", *rules: Any) -> SelectField:
    return SelectField(_l("承办人"), rules, coerce=str, validate_choice=False, description=description)


def offer_handlers(field: SelectField, unit: Unit | None, found: Matter) -> None:
    """Fill the field with those who may be named handler in that unit, each with the days they are away before the deadline."""
    people = handlers_of(unit.id) if unit else []
    days = absences.spans({h.person_id: h.name for h in people}, found.due_on)
    labels = [
        (h.post_id, _("%(who)s（%(span)s外出）", who=h.name, span=days[h.person_id]) if h.person_id in days else h.name)
        for h in people
    ]
    field.choices = [SelectChoice("", _("请选择")), *(SelectChoice(str(post_id), label) for post_id, label in labels)]


class AssignForm(ActForm):
    """交办."""

    template = "matters/assign.html"

    lead_unit = StringField(_l("主办单位"), [InputRequired(_l("请选择主办单位")), Length(max=120)])
    co_units = StringField(_l("协办单位"), [Length(max=1000)], description=_l("几个单位之间用顿号隔开"))
    countersign = BooleanField(_l("请协办单位会签报结材料"))
    requirement = words_field(_l("办理要求"), required=False)

    @classmethod
    def of(cls, found: Matter) -> ActForm:
        return AssignConfidentialForm() if found.confidential else cls()

    def offer(self, actor: Actor, found: Matter) -> None:
        if not self.is_submitted():
            _offer_registered(self, found)
            self.co_units.data = "、".join(f"{c.unit.name} ({c.unit.code})" for c in getattr(found, "co_units", ()))

    def on_page(self, actor: Actor, found: Matter) -> dict[str, Any]:
        return {"proposal": _proposal(found)}

    def given(self, found: Matter) -> Assignment:
        helping = tuple((unit, None, bool(self.countersign.data)) for unit in units_typed(self.co_units.data, "co_units"))
        unit = unit_typed(self.lead_unit.data, "lead_unit")
        return Assignment(lead_unit=unit, co_units=helping, requirement=self.requirement.data or None)

    def outcome(self, actor: Actor, doing: Any) -> str:
        return ActForm.outcome(self, actor, doing) + absences.notice(actor, doing.record)


def _offer_registered(form: Any, found: Matter) -> None:
    form.lead_unit.data = f"{found.lead_unit.name} ({found.lead_unit.code})" if found.lead_unit else None
    form.requirement.data = found.content.requirement if found.content else None


def _proposal(found: Matter) -> str | None:
    unit = found.lead_unit
    county = proposal_for(unit, found.registering_unit.keeper_id) if unit is not None and not found.confidential else None
    if unit is None or county is None:
        return None
    return _("建议交办%(county)s，再由其转办%(unit)s；直接交办的，将告知其督查室", county=county.name, unit=unit.name)


_LISTED = _l("先填主办单位并提交一次，即列出该单位可指定的承办人")


class AssignConfidentialForm(ActForm):
    """交办 of a confidential matter: the supervisor names the one handler."""

    template = AssignForm.template
    outcome = AssignForm.outcome

    lead_unit = StringField(_l("主办单位"), [InputRequired(_l("请选择主办单位")), Length(max=120)])
    handler = _handler_field(_LISTED)
    requirement = words_field(_l("办理要求"), required=False)

    def offer(self, actor: Actor, found: Matter) -> None:
        if not self.is_submitted():
            _offer_registered(self, found)
        offer_handlers(self.handler, resolve_unit(self.lead_unit.data) if self.lead_unit.data else None, found)

    def given(self, found: Matter) -> Assignment:
        return Assignment(
            lead_unit=unit_typed(self.lead_unit.data, "lead_unit"),
            requirement=self.requirement.data or None,
            handler_post_id=id_from(self.handler.data),
        )


class ReassignForm(ActForm):
    """改派."""

    template = AssignForm.template

    lead_unit = StringField(_l("改由哪个单位主办"), [InputRequired(_l("请选择主办单位")), Length(max=120)])
    reason = words_field(_l("改派理由"))

    @classmethod
    def of(cls, found: Matter) -> ActForm:
        return ReassignConfidentialForm() if found.confidential else cls()

    def on_page(self, actor: Actor, found: Matter) -> dict[str, Any]:
        ended = [_("正在进行的签批随之终止，新的主办单位从空白稿写起")] if found.state == State.IN_SIGN_OFF else []
        ended += [_("待批的延期申请随之终止")] if found.extension_pending else []
        return {"proposal": _("；").join(ended) or None}

    def given(self, found: Matter) -> Lead:
        return Lead(lead_unit=unit_typed(self.lead_unit.data, "lead_unit"), words=self.reason.data)


class ReassignConfidentialForm(ReassignForm):
    """改派 of a confidential matter."""

    handler = _handler_field(_LISTED)

    def offer(self, actor: Actor, found: Matter) -> None:
        offer_handlers(self.handler, resolve_unit(self.lead_unit.data) if self.lead_unit.data else None, found)

    def on_page(self, actor: Actor, found: Matter) -> dict[str, Any]:
        return {}

    def given(self, found: Matter) -> Lead:
        return replace(super().given(found), handler_post_id=id_from(self.handler.data))


class HandlerForm(ActForm):
    """指定承办人."""

    lead = _l("一件事项由一名承办人负责，签收、办理、报结都由他进行。")

    handler = _handler_field("", InputRequired(_l("请选择承办人")))

    def offer(self, actor: Actor, found: Matter) -> None:
        offer_handlers(self.handler, found.lead_unit, found)

    def given(self, found: Matter) -> Naming:
        return Naming(post_id=id_from(self.handler.data))

    def outcome(self, actor: Actor, doing: Any) -> str:
        return super().outcome(actor, doing) + absences.notice(actor, doing.record)


class CoHandlerForm(HandlerForm):
    """指定协办承办人."""

    lead = None
    outcome = ActForm.outcome

    def offer(self, actor: Actor, found: Matter) -> None:
        mine = {post.for_unit_id for post in actor.standings}
        unit = next((c.unit for c in getattr(found, "co_units", ()) if c.unit_id in mine), None)
        offer_handlers(self.handler, unit, found)


class ForwardForm(ActForm):
    """转办."""

    lead = _l("转办给下级单位，每个单位各成一件，期限不晚于本件。下级没有全部办结，本件不能报结。")

    units = StringField(
        _l("转办单位"),
        [InputRequired(_l("请选择下级单位")), Length(max=1000)],
        description=_l("只能是下级单位；几个单位之间用顿号隔开"),
    )
    requirement = words_field(_l("转办要求"), required=False)
    due_on = DateField(_l("下级办结期限"), [Optional()], format=DAYS, description=_l("不填的按规则计算，不晚于本件期限"))

    def given(self, found: Matter) -> Forwarding:
        units = units_typed(self.units.data, "units")
        return Forwarding(units=units, words=self.requirement.data or None, due_on=self.due_on.data)

    def outcome(self, actor: Actor, doing: Any) -> str:
        return _("已转办 %(n)s 个单位", n=len(doing.result))


class DeclineForm(ActForm):
    """退回交办."""

    code = RadioField(
        _l("退回原因"),
        [InputRequired(_l("请选择退回原因")), AnyOf(list(DECLINE_REASONS))],
        choices=choices(DECLINE_REASONS),
        validate_choice=False,
    )
    reason = words_field(_l("说明"))

    def on_page(self, actor: Actor, found: Matter) -> dict[str, Any]:
        days = decline_days(found)
        return {"lead": _("交办后 %(days)d 个工作日内可以退回。退回后由交办单位另行交办，期限继续计算。", days=days)}

    def given(self, found: Matter) -> Declining:
        return Declining(code=self.code.data, words=self.reason.data)
