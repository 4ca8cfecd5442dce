"""Shells of confidential matters hang on a principal of their own: who stands in without covering such matters finds none."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from uuid import UUID

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import create_engine, text

from portal.access.roles import Role, of_shells, shells_principal, standing_of, standing_principal
from portal.app import check_ready, create_app
from portal.config import Settings
from portal.identity.models import Person
from portal.kernel import clock
from portal.kernel.db import db
from portal.network.service import delegating
from portal.registry.acts import Lent
from tests.conftest import Database, migrate
from tests.world import World, make_world

DAY = timedelta(days=1)


def lend(world: World, holder: str, covers: bool, *acts: Lent, to: str = "city.duty") -> None:
    """The holder names his stand-in, who has no part in supervision otherwise."""
    with world.work(holder):
        actor = world.actor(holder)
        assert actor.acting is not None
        now = clock.now()
        delegating.delegate(actor, actor.acting.post_id, world.people[to], now, now + DAY, covers, acts or (Lent.ALL,))


def secret(world: World) -> tuple[UUID, str]:
    """A confidential matter at work; its id and number."""
    matter_id = world.assign(world.register(confidential=True), handler="health.handler")
    return matter_id, str(world.matter(matter_id).number)


def seen(world: World, who: str, matter_id: UUID, number: str) -> dict[str, bool]:
    """Where this person meets the matter."""
    browser = world.browser(who)
    searched = browser.get(world.url(f"instructions?q={number[-3:]}"))
    assert searched.status_code == 200
    exported = browser.get(world.url("instructions/export"))
    rows = CalamineWorkbook.from_filelike(BytesIO(exported.data)).get_sheet_by_index(0).to_python() if exported.data else []
    return {
        "register": number in browser.get(world.url("instructions")).get_data(as_text=True),
        "search": number in searched.get_data(as_text=True),
        "desk": number in browser.get(world.url("")).get_data(as_text=True),
        "export": number in str(rows),
        "address": browser.get(world.url(f"matters/{matter_id}")).status_code == 200,
    }


@pytest.mark.parametrize("acts", [(Lent.ALL,), (Lent.SIGN,), (Lent.SUPERVISE,)])
def test_I51_who_stands_in_without_confidential_matters_meets_none(world: World, acts: tuple[Lent, ...]) -> None:
    matter_id, number = secret(world)
    lend(world, "city.supervisor", False, *acts)
    lend(world, "city.head", False, *acts)
    assert not any(seen(world, "city.duty", matter_id, number).values())
    assert world.browser("city.duty").get(world.url(f"matters/{matter_id}")).status_code == 404
    assert seen(world, "city.head", matter_id, number)["register"]


def test_I51_who_stands_in_for_them_too_meets_their_shells(world: World) -> None:
    matter_id, number = secret(world)
    lend(world, "city.supervisor", True)
    found = seen(world, "city.duty", matter_id, number)
    assert found["register"] and found["export"] and found["address"] and found["desk"], found
    assert "关于老旧小区" not in world.browser("city.duty").get(world.url(f"matters/{matter_id}")).get_data(as_text=True)


def test_I51_what_was_lent_is_not_supervising(world: World) -> None:
    matter_id, number = secret(world)
    lend(world, "city.supervisor", True, Lent.SIGN)
    assert not any(seen(world, "city.duty", matter_id, number).values())


def test_I51_nor_whom_the_secretariat_sets(world: World) -> None:
    matter_id, number = secret(world)
    with world.work("city.secretariat"):
        now = clock.now()
        delegating.delegate_for(
            world.actor("city.secretariat"),
            world.posts["city.head"],
            world.people["city.deputy"],
            now,
            now + DAY,
            (Lent.ALL,),
            "住院",
        )
    assert not any(seen(world, "city.deputy", matter_id, number).values())


def test_I51_a_person_with_a_post_of_his_own_there_goes_on_seeing_them(world: World) -> None:
    matter_id, number = secret(world)
    lend(world, "city.head", False, to="city.supervisor")
    assert seen(world, "city.supervisor", matter_id, number)["register"]


def test_who_may_be_somebody_else_meets_no_shell_either(world: World) -> None:
    matter_id, number = secret(world)
    with world.work():
        head = db.session.get(Person, world.people["city.head"])
        assert head is not None
        head.suspended_at = clock.now()
    assert not any(seen(world, "city.head", matter_id, number).values())


def test_the_two_principals_of_a_standing_are_told_apart() -> None:
    for unit_id in (1, 31, 70_000):
        for role in Role:
            with_shells = shells_principal(unit_id, role)
            assert standing_of(with_shells) == (unit_id, role) == standing_of(standing_principal(unit_id, role))
            assert of_shells(with_shells) and not of_shells(standing_principal(unit_id, role))
    everybody = {of(unit, role) for of in (shells_principal, standing_principal) for unit in range(1, 9) for role in Role}
    assert len(everybody) == 2 * 8 * len(Role)


def test_the_index_is_carried_down_and_up(new_database: Callable[[str], Database], redis_url: str, keys: dict[str, str]) -> None:
    database = new_database("shells")
    environment = keys | {"DATABASE_URL": database.app_url, "DATABASE_OWNER_URL": database.owner_url, "REDIS_URL": redis_url}
    app = check_ready(create_app(Settings.from_environment(environment), TESTING=True))
    with clock.set_to(clock.at(clock.today(), 9)):
        world = make_world(app, "carried")
        secret(world)
        world.at_work()

    def rows() -> list[tuple[object, ...]]:
        engine = create_engine(database.owner_url)
        with engine.begin() as connection:
            connection.execute(text("SELECT set_config('app.city', :city, true)"), {"city": str(world.id)})
            found = connection.execute(text("SELECT * FROM viewer")).all()
        engine.dispose()
        return sorted((tuple(row) for row in found), key=_keyed)

    before = rows()
    with app.app_context():
        db.engine.dispose()
    migrate(environment, "downgrade", "0014")
    assert {principal for _city, _matter, principal, *_rest in map(_keyed, rows()) if of_shells(principal)} == set()
    migrate(environment, "upgrade")
    assert rows() == before


def _keyed(row: tuple[object, ...]) -> tuple[object, object, int]:
    """City, matter and principal of a viewer row, in whatever order the columns stand."""
    matter = next(value for value in row if isinstance(value, UUID))
    numbers = [value for value in row if isinstance(value, int) and not isinstance(value, bool)]
    return numbers[0], matter, max(numbers, key=abs)
