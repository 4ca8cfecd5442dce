"""After any corrections a matter is what a fresh registration with its facts would be: nothing remembers what was corrected."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from portal.access.actor import SYSTEM
from portal.access.models import Viewer
from portal.access.visibility import as_seen_by
from portal.deadlines.rules import SourceLevel, Urgency
from portal.kernel import clock
from portal.kernel.db import db
from portal.kernel.refusals import Invalid
from portal.matters import verbs
from portal.matters.models import Clock, Matter
from portal.matters.search import records_holding
from portal.matters.service import extending
from portal.matters.workflow import enact
from tests.instructions.test_corrected import amend
from tests.world import World

DAY = date(2026, 11, 20)
GRANTED = date(2026, 12, 28)
facts = st.fixed_dictionaries(
    {
        "source_level": st.sampled_from(SourceLevel),
        "urgency": st.sampled_from(Urgency),
        "received_on": st.integers(0, 60).map(lambda days: DAY - timedelta(days=days)),
        "title": st.sampled_from(["关于饮用水源地的情况反映", "关于危旧房屋的情况反映"]),
    }
)


def at_work(world: World, said: dict[str, Any], *, granted: bool) -> UUID:
    """Registered with these facts, at work; with an extension granted to GRANTED where the limit allows it."""
    matter_id = world.at_work(
        level=said["source_level"], urgency=said["urgency"], received_on=said["received_on"], title=said["title"]
    )
    if granted:
        with world.work("health.handler"):
            enact(
                world.actor("health.handler"),
                verbs.ASK_EXTENSION,
                matter_id,
                extending.Asking(until=GRANTED, words="资料多", progress="已核查"),
            )
        with world.work("city.head"):
            enact(world.actor("city.head"), verbs.DECIDE_EXTENSION, matter_id, extending.Decision(granted=True))
    return matter_id


def derived(world: World, matter_id: UUID) -> dict[str, Any]:
    """Everything that follows from the facts of a matter."""
    with world.work():
        matter = db.session.scalars(select(Matter).where(Matter.id == matter_id).options(as_seen_by(SYSTEM))).one()
        clocks = db.session.scalars(select(Clock).where(Clock.record_id == matter_id).options(as_seen_by(SYSTEM))).all()
        viewers = db.session.scalars(select(Viewer).where(Viewer.record_id == matter_id)).all()
        return {
            "dates": (matter.original_due_on, matter.due_on, matter.in_time, matter.state),
            "clocks": {one.kind: (one.original_due_on, one.due_at, one.why, one.stopped_at, one.rules_version) for one in clocks},
            "viewers": {(one.principal, one.view, one.task, one.state, one.due_on, one.begun_on, one.rank) for one in viewers},
        }


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(facts, min_size=2, max_size=4), st.booleans())
def test_corrected_there_and_back_nothing_is_left_of_it(world: World, steps: list[dict[str, Any]], granted: bool) -> None:
    with clock.set_to(clock.at(DAY, 10)):
        first, last = {**steps[0], "received_on": DAY} if granted else steps[0], steps[-1]
        if granted:  # what is granted depends on the facts of that moment, so both begin with these
            first = last = {**first, "source_level": SourceLevel.CITY, "urgency": Urgency.NORMAL}
        corrected = at_work(world, first, granted=granted)
        for said in (*steps[1:-1], last):
            try:
                amend(world, corrected, **said, instructed_on=said["received_on"] - timedelta(days=1))
            except Invalid as unchanged:
                assert "没有改动" in unchanged.sentence
        fresh = at_work(world, last, granted=granted)
        assert derived(world, corrected) == derived(world, fresh)
        with world.work():
            supervisor = world.actor("city.supervisor")
            assert {corrected, fresh} <= set(records_holding(supervisor, last["title"][2:6], 50) or ())
            other = {"关于饮用水源地的情况反映", "关于危旧房屋的情况反映"} - {last["title"]}
            assert corrected not in (records_holding(supervisor, other.pop()[2:6], 50) or ())
