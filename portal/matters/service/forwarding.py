"""转办: the unit that has a matter passes it to units below it, each as a matter of its own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from portal.access.actor import SYSTEM
from portal.access.visibility import as_seen_by
from portal.kernel import clock
from portal.kernel.db import db
from portal.kernel.language import _, _l
from portal.kernel.refusals import Invalid
from portal.matters import acts
from portal.matters.models import Matter, State
from portal.matters.rules import Lead, fit_to_lead
from portal.matters.service.assigning import give_to
from portal.matters.service.creation import NewMatter, create
from portal.matters.workflow import WORKFLOW, MatterDoing, MatterVerb
from portal.network.models import Unit
from portal.network.queries import has_supervision_office
from portal.workflow.engine import perform
from portal.workflow.verbs import Offered, Said, Verb, need


@dataclass(frozen=True, slots=True, kw_only=True)
class Forwarding(Said):
    """To which units, by which day of their own; `words` is what is asked of them."""

    units: list[Unit]
    due_on: date | None = None


@need(_l("是主办单位的下级单位；期限在今日与本件期限之间"))
def fit_to_receive(matter: Matter, given: Forwarding | None) -> str | None:
    """Units below the one that has it, and a day between today and its own."""
    if given is None:
        return None
    if not given.units:
        raise Invalid(_("请选择转办给哪些下级单位"), fields={"units": _("请至少选择一个下级单位")})
    strange = "、".join(u.name for u in given.units if u.id == matter.lead_unit_id or matter.lead_unit_id not in u.path)
    if strange:
        raise Invalid(_("只能转办给下级单位，%(unit)s不是下级单位", unit=strange), fields={"units": _("请选择本单位的下级单位")})
    if given.due_on is not None and not clock.today() <= given.due_on <= matter.due_on:
        raise Invalid(_("转办期限须在今日与上级期限之间"), fields={"due_on": _("不得早于今日，不得晚于上级事项的期限")})
    return None


def forward(doing: MatterDoing[Forwarding]) -> None:
    """转办: each unit gets a matter of its own, due no later than this one. The `result` are these."""
    parent, given = doing.record, doing.given
    already = set(
        db.session.scalars(
            select(Matter.lead_unit_id)
            .where(Matter.parent_id == parent.id, Matter.state != "withdrawn")
            .options(as_seen_by(SYSTEM))
        )
    )
    doing.result = []
    for unit in given.units:
        if unit.id in already:
            raise Invalid(_("%(unit)s已有本件的转办，不必重复", unit=unit.name), fields={"units": _("有的单位已经转办")})
        doing.result.append(_forward_one(doing, unit))
    doing.whole.mark("child")
    doing.called = "forwarded"
    doing.facts["unit"] = "、".join(unit.name for unit in given.units)
    doing.after["units"] = [unit.id for unit in given.units]


def _forward_one(doing: MatterDoing[Forwarding], unit: Unit) -> Matter:
    parent, content, given = doing.record, doing.whole, doing.given
    assert parent.lead_unit is not None
    child, _content = create(
        doing.actor,
        doing.standing,
        NewMatter(
            kind=parent.kind,
            registering_unit=parent.lead_unit,
            source_level=parent.source_level,
            urgency=parent.urgency,
            confidential=False,
            instructed_on=parent.instructed_on,
            received_on=clock.today(),
            title=content.title,
            text=content.text,
            leader=content.leader,
            leader_id=content.leader_id,
            document_number=content.document_number,
            requirement=given.words or content.requirement,
            lead_unit=unit,
            parent=parent,
            due_on=given.due_on,
        ),
    )
    child.supervised_by_office = has_supervision_office(parent.lead_unit.id)
    perform(WORKFLOW, RECEIVE, doing.actor, child, Lead(lead_unit=unit), on=parent)
    return child


def receive(doing: MatterDoing[Lead]) -> None:
    """What is forwarded begins as assigned to the unit that gets it."""
    assert doing.given.lead_unit is not None
    doing.called = "forward"
    doing.facts["unit"] = doing.given.lead_unit.name
    give_to(doing, doing.given.lead_unit, None)


RECEIVE: MatterVerb[Lead] = Verb(
    name="receive",
    act=acts.FORWARD,
    from_=frozenset({State.REGISTERED}),
    to=State.ASSIGNED,
    needs=(fit_to_lead,),
    work=receive,
    dated=True,
    offered=Offered.NEVER,
)
