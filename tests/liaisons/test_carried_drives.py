"""The migration by which drives became collections carries every row there and back, city by city, or changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Literal
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import IntegrityError

from portal.app import check_ready, create_app
from portal.collections.queries import units_of
from portal.config import Settings
from portal.kernel import clock
from portal.kernel.db import db
from portal.liaisons.service import drives, nominations
from portal.staffing.service.contacts import Reached
from tests.conftest import migrate
from tests.instructions.test_carried_words import migration
from tests.world import World, make_world

TABLES = ("collection", "collection_unit", "collection_answer", "nomination")
BEFORE = text(
    "SELECT u.name, n.answered_at, n.answered_by_id, n.nominee_id, n.nominee_name, n.telephone, n.leader, n.returned,"
    " n.settled_at, n.post_id, n.id FROM nomination n JOIN drive d ON d.id = n.drive_id JOIN unit u ON u.id = n.unit_id ORDER BY n.id"
)
AFTER = text(
    "SELECT u.name, a.given_at, a.given_by_id, n.nominee_id, n.nominee_name, n.telephone, n.leader, a.returned,"
    " a.accepted_at, n.post_id, c.id FROM collection_unit c JOIN unit u ON u.id = c.unit_id"
    " LEFT JOIN collection_answer a ON a.asked_id = c.id LEFT JOIN nomination n ON n.asked_id = c.id ORDER BY c.id"
)


class Base:
    """A database of its own with two cities in which drives run."""

    def __init__(self, database: Any, environment: dict[str, str]) -> None:
        self.environment = environment | {"DATABASE_OWNER_URL": database.owner_url}
        self.owner = create_engine(database.owner_url)
        self.app = check_ready(create_app(Settings.from_environment(environment), TESTING=True))
        self.worlds = [make_world(self.app, f"carried-{uuid4().hex[:12]}") for _one in range(2)]
        for world in self.worlds:
            _ask(world)
        with self.app.app_context():
            db.engine.dispose()

    def rows(self, what: Any) -> list[list[tuple[Any, ...]]]:
        """What the owner of the tables sees, city by city."""
        found = []
        with self.owner.connect() as connection:
            for world in self.worlds:
                connection.execute(text("SELECT set_config('app.city', :city, true)"), {"city": str(world.id)})
                found.append([tuple(row) for row in connection.execute(what)])
        return found

    def all_rows(self) -> list[Any]:
        """All that the four tables hold."""
        return [self.rows(text(f"SELECT to_jsonb(t) FROM {table} t ORDER BY 1")) for table in TABLES]

    def change(self, statement: str) -> None:
        """In the first city, by the owner of the tables."""
        with self.owner.begin() as connection:
            connection.execute(text("SELECT set_config('app.city', :city, true)"), {"city": str(self.worlds[0].id)})
            assert connection.execute(text(statement)).rowcount == 1

    def migrate(self, way: Literal["upgrade", "downgrade"], *revision: str) -> None:
        """Carries them up or down."""
        self.owner.dispose()
        migrate(self.environment, way, *revision)


def _ask(world: World) -> None:
    """One unit has its officer, one waits for the secretariat, one was sent back, the others have said nothing."""
    with world.work("city.secretariat"):
        actor = world.actor("city.secretariat")
        made = drives.open_drive(
            actor, world.units["city"], levels=["city", "township"], kinds=["department", "township"], title="推荐联络员",
            words="请推荐在编人员。", until=clock.today() + timedelta(days=20),
        )  # fmt: skip
        drives.urge(actor, made.id)
        asked = {one.unit_id: one.id for one in units_of(made, "all")[0]}
        reached = Reached("0577-88961234", leader="林副主任")
        for unit, name in (("health", "吴新"), ("finance", "陈新"), ("township", "周新")):
            nominations.answer(actor, asked[world.units[unit]], None, name, reached)
        nominations.accept(actor, asked[world.units["health"]], sign_in_name="wu.xin")
        nominations.send_back(actor, asked[world.units["finance"]], "请推荐在编人员")


@pytest.fixture
def base(new_database: Any, keys: dict[str, str], redis_url: str) -> Iterator[Base]:
    database = new_database("carried_drives")
    made = Base(database, keys | {"DATABASE_URL": database.app_url, "REDIS_URL": redis_url})
    yield made
    made.owner.dispose()


def test_every_answer_is_carried_there_and_back(base: Base) -> None:
    before = str(migration("collections").down_revision)
    held, shown = base.all_rows(), base.rows(AFTER)
    assert [sum(row[1] is not None for row in city) for city in shown] == [2, 2]
    assert [sum(row[7] is not None for row in city) for city in shown] == [1, 1]
    base.migrate("downgrade", before)
    assert base.rows(BEFORE) == shown
    base.change("UPDATE nomination SET nominee_name = NULL WHERE settled_at IS NOT NULL")
    with pytest.raises(IntegrityError, match="nominee_name"):  # what would be lost stops it
        base.migrate("upgrade")
    assert [len(city) for city in base.rows(BEFORE)] == [len(city) for city in shown], "and nothing was changed"
    base.change("UPDATE nomination SET nominee_name = '吴新' WHERE settled_at IS NOT NULL")
    base.migrate("upgrade")
    assert base.all_rows() == held
