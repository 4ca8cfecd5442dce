"""The terms of a matter say why they end when they end, and whoever is reminded of them sees what they are reminded of."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from portal.access.actor import SYSTEM
from portal.access.visibility import as_seen_by
from portal.deadlines.queries import ladder_of
from portal.kernel.db import db
from portal.matters.clocks import CLOSING, clock_of, deadline_of
from portal.matters.kinds import MatterKind
from portal.matters.ladder import resolve
from portal.matters.models import ENDED, Clock, Matter, State
from portal.notify.models import Reminder
from tests.contract.looking import along, everybody, sight
from tests.contract.samples import Sample
from tests.world import World


def reminded(world: World, matter_id: UUID) -> tuple[set[str], set[str]]:
    """The rungs that its clocks still have to send, and whom any rung of their ladders would reach now."""
    names = {person_id: name for name, person_id in world.people.items()}
    rungs: set[str] = set()
    people: set[str] = set()
    with world.work():
        clocks = select(Clock).where(Clock.record_id == matter_id, Clock.stopped_at.is_(None)).options(as_seen_by(SYSTEM))
        for running in db.session.scalars(clocks).all():
            waiting = select(Reminder.rung).where(Reminder.clock_id == running.id, Reminder.settled_at.is_(None))
            found = set(db.session.scalars(waiting))
            ladder = ladder_of(db.session(), running.ladder_version)
            answer = resolve(running.id, matter_id, found | {rung.code for rung in ladder.rungs})
            assert answer is not None
            rungs |= found
            people |= {names[person] for told in answer.persons.values() for person in told}
    return rungs, people


def test_the_closing_deadline_has_its_reasons_and_reminds_those_who_see_it(
    world: World, kind: MatterKind, confidential: bool, sample: Sample
) -> None:
    people = everybody(world)
    for matter_id, step in along(world, sample, confidential):
        with world.work():
            matter = db.session.scalars(select(Matter).where(Matter.id == matter_id).options(as_seen_by(SYSTEM))).one()
            closing = clock_of(matter, CLOSING)
            assert closing is not None
            due, state, runs = deadline_of(closing), matter.state, closing.stopped_at is None
            assert due.why.lines, step
            assert due.due_on == matter.due_on, step
            assert kind.terms.closing(matter, closing.rules_version).why.lines, step
        rungs, told = reminded(world, matter_id)
        if state == State.REGISTERED:
            assert not rungs
        elif runs:
            assert rungs, step
            assert told, step
        assert not (runs and state in ENDED), step
        assert told <= sight(world, people, matter_id).keys(), step
    assert not rungs
