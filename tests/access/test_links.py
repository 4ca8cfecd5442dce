"""A link is seen from either end, by whoever sees both; the database keeps it within a city and lets it go with its record."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from psycopg.errors import CheckViolation, ForeignKeyViolation, InsufficientPrivilege
from sqlalchemy import create_engine, delete, event, func, select, text, update
from sqlalchemy.exc import IntegrityError, ProgrammingError

from portal.access.actor import SYSTEM
from portal.access.links import Linked, connect, links_of
from portal.access.record import Link, Relation
from portal.access.visibility import UnscopedQuery, as_seen_by
from portal.instructions.rules import INSTRUCTION
from portal.kernel.db import db
from tests.conftest import Database
from tests.world import World


def link(world: World, from_id: UUID, to_id: UUID, relation: Relation = Relation.GREW_FROM) -> None:
    with world.work("city.supervisor"):
        connect(from_id, to_id, relation, world.actor("city.supervisor"))


def seen_by(world: World, who: str, record_id: UUID) -> list[Linked]:
    with world.work(who):
        return links_of(world.actor(who), record_id)


@pytest.fixture
def ends(world: World) -> tuple[UUID, UUID]:
    """An open matter of a department, and the confidential one, handled elsewhere, that it grew from."""
    open_id = world.assign(world.register(), to="finance")
    confidential_id = world.assign(world.register(confidential=True), handler="health.handler")
    link(world, open_id, confidential_id)
    return open_id, confidential_id


def test_who_sees_both_sees_the_link_from_either_end(world: World, ends: tuple[UUID, UUID]) -> None:
    open_id, confidential_id = ends
    open_number, number = (str(world.matter(record_id).number) for record_id in ends)
    forth = Linked(confidential_id, INSTRUCTION, number, Relation.GREW_FROM, forward=True)
    back = Linked(open_id, INSTRUCTION, open_number, Relation.GREW_FROM, forward=False)
    for who in ("city.supervisor", "city.head"):  # the second sees of the confidential one the shell alone
        assert seen_by(world, who, open_id) == [forth]
        assert seen_by(world, who, confidential_id) == [back]


@pytest.mark.parametrize("who", ["finance.liaison", "health.handler", "nobody"])
def test_who_sees_one_end_or_none_sees_no_link(world: World, ends: tuple[UUID, UUID], who: str) -> None:
    assert [seen_by(world, who, record_id) for record_id in ends] == [[], []]
    with world.work(who):
        seen = as_seen_by(world.actor(who))
        assert db.session.scalars(select(Link).options(seen)).all() == []
        assert db.session.scalar(select(func.count()).select_from(Link).options(seen)) == 0


def test_links_of_both_directions_are_one_statement(world: World, ends: tuple[UUID, UUID]) -> None:
    open_id, confidential_id = ends
    later_id = world.register()
    link(world, later_id, open_id, Relation.SAME_AS)
    with world.work("city.supervisor"):
        actor = world.actor("city.supervisor")
        asked: list[str] = []

        def listener(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
            asked.append(statement)

        event.listen(db.engine, "before_cursor_execute", listener)
        try:
            found = links_of(actor, open_id)
        finally:
            event.remove(db.engine, "before_cursor_execute", listener)
    assert len(asked) == 1
    assert [(one.record_id, one.relation, one.forward) for one in found] == [
        (confidential_id, Relation.GREW_FROM, True),
        (later_id, Relation.SAME_AS, False),
    ]


def test_a_link_is_not_read_without_a_reader(world: World) -> None:
    with world.work():
        for statement in (select(Link), select(Link.relation), delete(Link), update(Link).values(by_id=None)):
            with pytest.raises(UnscopedQuery):
                db.session.execute(statement)


def test_a_link_is_written_once(world: World, ends: tuple[UUID, UUID]) -> None:
    with world.work():
        connect(*ends, Relation.GREW_FROM, None)
        (kept,) = db.session.scalars(select(Link).where(Link.from_record_id == ends[0]).options(as_seen_by(SYSTEM)))
        assert kept.by_id == world.people["city.supervisor"]
    for change in (update(Link).values(by_id=None), delete(Link)):
        with world.app.app_context(), pytest.raises(ProgrammingError) as refused:
            db.session.execute(change.options(as_seen_by(SYSTEM)).execution_options(synchronize_session=False))
        assert isinstance(refused.value.orig, InsufficientPrivilege)


def test_the_database_refuses_another_citys_record_and_a_link_to_itself(world: World, new_world: Callable[[], World]) -> None:
    mine, theirs = world.register(), new_world().register()
    for ends, why in (((mine, theirs), ForeignKeyViolation), ((theirs, mine), ForeignKeyViolation), ((mine, mine), CheckViolation)):
        with pytest.raises(IntegrityError) as refused:
            link(world, *ends)
        assert isinstance(refused.value.orig, why)


@pytest.mark.parametrize("end", [0, 1])
def test_a_link_goes_with_either_record(world: World, database: Database, ends: tuple[UUID, UUID], end: int) -> None:
    gone, stays = ends[end], ends[1 - end]
    engine = create_engine(database.owner_url)
    with engine.begin() as owner:
        owner.execute(text("SELECT set_config('app.city', :city, true)"), {"city": str(world.id)})
        for table, key in (("message", "record_id"), ("co_unit", "matter_id"), ("matter", "id"), ("record", "id")):
            owner.execute(text(f"DELETE FROM {table} WHERE {key} = :gone"), {"gone": gone})
        assert owner.scalar(text("SELECT count(*) FROM link")) == 0
        assert owner.scalar(text("SELECT count(*) FROM record WHERE id = :stays"), {"stays": stays}) == 1
    engine.dispose()
