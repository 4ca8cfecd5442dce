"""Statements that are kept read for whoever asks, then as now: nothing of another asking stays in them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Integer, bindparam, select

from portal.access.actor import SYSTEM
from portal.access.visibility import SEEN_BY, UnscopedQuery, as_seen_by
from portal.kernel import clock
from portal.kernel.db import db
from portal.kernel.refusals import Invisible
from portal.kernel.statements import Kept, StaleStatement
from portal.matters import lists
from portal.matters.lists import Conditions
from portal.matters.models import Matter
from portal.matters.queries import get_matter
from portal.network.models import Unit
from tests.world import World


def test_a_row_that_was_loaded_by_a_kept_statement_is_read_again_after_a_rollback(world: World) -> None:
    matter_id = world.register()
    with world.work("city.supervisor"):
        matter = get_matter(world.actor("city.supervisor"), matter_id)
        db.session.rollback()
        assert (matter.id, str(matter.state), matter.number) == (matter_id, "registered", matter.number)
        assert matter.content is not None and matter.content.title


def test_one_kept_statement_answers_each_reader_by_their_own(world: World) -> None:
    matter_id = world.register()
    for _turn in range(2):
        for name, sees in (("city.supervisor", True), ("finance.handler", False), ("city.head", True)):
            with world.work(name):
                actor = world.actor(name)
                found = [row.matter.id for row in lists.page_of(actor, ("instruction",), Conditions()).rows]
                assert (matter_id in found) is sees
                if sees:
                    assert get_matter(actor, matter_id).id == matter_id
                else:
                    with pytest.raises(Invisible):
                        get_matter(actor, matter_id)


def test_one_kept_statement_answers_each_day_by_that_day(world: World) -> None:
    matter_id = world.register()
    due_on = world.matter(matter_id).due_on
    for day, group in ((due_on - timedelta(days=20), lists.REST), (due_on, lists.TODAY), (due_on + timedelta(days=2), lists.LATE)):
        with clock.set_to(clock.at(day)), world.work("city.supervisor"):
            rows = lists.page_of(world.actor("city.supervisor"), ("instruction",), Conditions()).rows
            assert [row.group for row in rows if row.matter.id == matter_id] == [group]


def test_a_kept_statement_without_its_reader_raises(world: World) -> None:
    kept = Kept()
    with world.work():
        for _turn in range(2):
            with pytest.raises(UnscopedQuery):
                kept.execute("matters", lambda: select(Matter.id), {}, {})


def test_a_kept_statement_that_holds_a_value_of_one_asking_is_found(world: World) -> None:
    kept, unit_id = Kept(), world.units["city"]
    with world.work():
        kept.execute("unit", lambda: select(Unit.id).where(Unit.id == unit_id), {}, {})
        with pytest.raises(StaleStatement, match="unit: what is kept is not what would be put together now"):
            kept.execute("unit", lambda: select(Unit.id).where(Unit.id == unit_id + 1), {}, {})
        asked = Unit.id == bindparam("unit_id", type_=Integer)
        for one in (unit_id, unit_id + 1):
            kept.execute("any unit", lambda: select(Unit.id).where(asked), {"unit_id": one}, {})


def test_the_reader_of_a_kept_statement_may_be_the_portal_itself_and_then_a_person(world: World) -> None:
    matter_id, kept = world.register(), Kept()
    with world.work("finance.handler"):
        everything = kept.execute("all", lambda: select(Matter.id), {}, {SEEN_BY: SYSTEM}).scalars().all()
        theirs = kept.execute("all", lambda: select(Matter.id), {}, {SEEN_BY: world.actor("finance.handler")}).scalars().all()
        again = kept.execute("all", lambda: select(Matter.id), {}, {SEEN_BY: SYSTEM}).scalars().all()
    assert matter_id in everything and theirs == [] and again == everything


def test_a_kept_statement_in_which_a_reader_stands_is_refused(world: World) -> None:
    kept = Kept()
    with world.work("city.supervisor"):
        of_one = select(Matter.id).options(as_seen_by(world.actor("city.supervisor")))
        for _turn in range(2):
            with pytest.raises(StaleStatement, match="an option of one asking"):
                kept.execute("matters", lambda: of_one, {}, {SEEN_BY: world.actor("finance.handler")})
