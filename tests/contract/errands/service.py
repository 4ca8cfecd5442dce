"""Registering an errand, and handing it in without a paper."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from portal.access.actor import Actor
from portal.access.policy import allowed
from portal.access.visibility import as_seen_by
from portal.deadlines.rules import SourceLevel, Urgency
from portal.kernel import clock
from portal.kernel.db import db
from portal.kernel.language import _
from portal.kernel.refusals import Forbidden
from portal.matters import clocks, notices
from portal.matters.models import Matter
from portal.matters.service.creation import NewMatter, create
from portal.matters.workflow import MatterDoing
from portal.network.models import Unit
from portal.workflow.verbs import Said
from tests.contract.errands import acts
from tests.contract.errands.models import Errand
from tests.contract.errands.rules import ERRAND


@dataclass(frozen=True, slots=True)
class NewErrand:
    """What is to be done, and where; the unit may be named when it is assigned."""

    title: str
    text: str
    place: str
    lead_unit: Unit | None = None
    confidential: bool = False


def register(actor: Actor, said: NewErrand) -> Matter:
    """登记: a matter of its own kind, with its place. Raises Forbidden, Invalid."""
    decision = allowed(actor, acts.REGISTER)
    if not decision or decision.standing is None:
        raise Forbidden(_("您不能办这件事"), unmet=decision.unmet)
    unit = db.session.get(Unit, decision.standing.for_unit_id)
    assert unit is not None
    new = NewMatter(
        kind=ERRAND,
        registering_unit=unit,
        source_level=SourceLevel.CITY,
        urgency=Urgency.NORMAL,
        confidential=said.confidential,
        instructed_on=clock.today(),
        received_on=clock.today(),
        title=said.title,
        text=said.text,
        leader=unit.name,
        lead_unit=said.lead_unit,
    )
    matter, _content = create(actor, decision.standing, new)
    db.session.add(Errand(id=matter.id, place=said.place))
    db.session.flush()
    return matter


def place_of(actor: Actor, matter: Matter) -> str | None:
    """Where it is to be done, for whoever reads it."""
    return db.session.scalar(select(Errand.place).where(Errand.id == matter.id).options(as_seen_by(actor)))


def hand_in(doing: MatterDoing[Said]) -> None:
    """交差: done, in a sentence, without a paper; the clock stops."""
    doing.record.issued_at = clock.now()
    clocks.stop(doing.record, clocks.CLOSING)


def office(doing: MatterDoing[Said]) -> list[int]:
    """Who looks at it."""
    return notices.supervisors(doing.record)
