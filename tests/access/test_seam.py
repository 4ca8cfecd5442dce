"""Every read of a guarded table says for whom, and then shows that person exactly what is his."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import joinedload, selectinload

from portal.access.actor import SYSTEM
from portal.access.visibility import Undecided, as_seen_by
from portal.kernel.db import db
from portal.matters.models import Clock, Content, Entry, Matter, Report
from tests.world import World


@pytest.mark.parametrize(
    "statement",
    [
        select(Matter),
        select(Matter.id),
        select(func.count()).select_from(Matter),
        select(Content.plain),
        select(Entry).join(Report, Report.id == Entry.report_id),
        update(Matter).values(urges=9),
        select(Matter).where(Matter.id.in_(select(Report.record_id))),
    ],
    ids=["model", "column", "count", "content", "join", "update", "subquery"],
)
def test_a_statement_that_names_no_reader_is_stopped(world: World, statement: Any) -> None:
    with world.work(), pytest.raises(Undecided):
        db.session.execute(statement)


def test_get_and_joined_loading_are_stopped(world: World) -> None:
    matter_id = world.register()
    with world.work():
        with pytest.raises(Undecided):
            db.session.get(Matter, matter_id)
        with pytest.raises(Undecided):
            db.session.execute(select(Matter).options(joinedload(Matter.content), as_seen_by(SYSTEM)))
        with pytest.raises(Undecided):
            db.session.execute(select(Matter.__table__).options(as_seen_by(SYSTEM)))


READERS_OF_ASSIGNED = {
    "city.supervisor": 2,
    "city.head": 2,
    "city.leader": 2,
    "city.deputy": 2,
    "health.liaison": 2,
    "health.director": 2,
    "health.deputy": 2,
    "health.leader": 2,
    "health.handler": 2,
    "health.handler2": 0,
    "finance.liaison": 1,
    "finance.handler": 0,
    "county.supervisor": 0,
    "county.leader": 0,
    "city.secretariat": 0,
    "city.duty": 0,
    "city.system": 0,
    "city.security": 0,
    "city.auditor": 0,
    "nobody": 0,
}


@pytest.mark.parametrize(("name", "view"), READERS_OF_ASSIGNED.items())
def test_an_open_matter_is_read_by_whom_the_rule_names(world: World, name: str, view: int) -> None:
    matter_id = world.name_handler(world.assign(world.register(), co=("finance",)))
    with world.work(name):
        actor = world.actor(name)
        seen = as_seen_by(actor)
        assert db.session.scalar(select(func.count(Matter.id)).where(Matter.id == matter_id).options(seen)) == (view > 0)
        content = db.session.scalars(select(Content).where(Content.record_id == matter_id).options(seen)).all()
        assert len(content) == (view > 0)
        kinds = set(db.session.scalars(select(Entry.kind).where(Entry.record_id == matter_id).options(seen)))
        assert kinds == {2: {"register", "assign", "name_handler"}, 1: {"assign"}, 0: set()}[view]
        clocks = db.session.scalars(select(Clock).where(Clock.record_id == matter_id).options(seen)).all()
        assert bool(clocks) == (view > 0)


def test_a_co_unit_reads_the_issued_report_and_no_draft(world: World) -> None:
    matter_id = world.name_handler(world.assign(world.register(), co=("finance",)))
    world.progress(world.acknowledge(matter_id))
    report_id = world.submit(matter_id)

    def sees() -> int:
        with world.work("finance.liaison"):
            return (
                db.session.scalar(
                    select(func.count(Report.id)).where(Report.id == report_id).options(as_seen_by(world.actor("finance.liaison")))
                )
                or 0
            )

    assert sees() == 0
    world.sign(report_id, "health.director", "health.deputy")
    assert sees() == 1


def test_eager_loads_reach_no_further_than_the_reader(world: World) -> None:
    matter_id = world.assign(world.register(confidential=True), handler="health.handler")
    with world.work("city.head"):
        shell = db.session.scalars(
            select(Matter).where(Matter.id == matter_id).options(selectinload(Matter.content), as_seen_by(world.actor("city.head")))
        ).one()
        assert shell.content is None
