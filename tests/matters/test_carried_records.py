"""The migration that made records of matters: down and up again with an open and a confidential life, and killed half-way."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date
from typing import Literal, NamedTuple

import psycopg
import pytest
from psycopg.rows import dict_row
from sqlalchemy import select
from sqlalchemy.engine import make_url

from portal.access.actor import SYSTEM
from portal.access.visibility import as_seen_by
from portal.app import check_ready, create_app
from portal.config import Settings
from portal.kernel import clock
from portal.kernel.db import db
from portal.local.postgres import conninfo
from portal.matters.models import Content
from portal.vault.encryption import open_sealed
from tests.conftest import CLONE, Database, migrate
from tests.world import World, make_world

BEFORE, NOW = "0021", "0022"
PATIENCE = 60  # seconds
TABLES = ("viewer", "audience", "search_entry", "entry", "report", "submission", "attachment", "clock", "milestone", "extension")
SIGNED = ("sign_off", "step", "signer", "signature", "issue")


class Town(NamedTuple):
    """A world in a database of its own, and how that is migrated."""

    world: World
    database: Database
    environment: dict[str, str]

    def migrate(self, way: Literal["upgrade", "downgrade"], *revision: str) -> None:
        migrate(self.environment, way, *revision)

    def kill_half_way(self, *command: str) -> None:
        """It is killed before one of the last tables that it changes; nothing has changed then."""
        before = self.revision(), self.rows("select * from matter order by id")
        with psycopg.connect(conninfo(make_url(self.database.owner_url))) as other:
            other.execute("lock table handover_item in access share mode")
            run = [sys.executable, "-m", "flask", "--app", "wsgi", "db", *command]
            with subprocess.Popen(run, cwd=CLONE, env=os.environ | self.environment, stderr=subprocess.PIPE) as process:
                waits = "select 1 from pg_locks where not granted and relation = 'handover_item'::regclass"
                deadline = time.monotonic() + PATIENCE
                while not self.rows(waits):
                    assert time.monotonic() < deadline and process.poll() is None
                    time.sleep(0.05)
                process.kill()
        assert (self.revision(), self.rows("select * from matter order by id")) == before

    def rows(self, statement: str) -> list[dict[str, object]]:
        with psycopg.connect(conninfo(make_url(self.database.owner_url)), row_factory=dict_row) as connection:
            connection.execute("select set_config('app.city', %s, true)", [str(self.world.id)])
            return connection.execute(statement).fetchall()

    def revision(self) -> object:
        return self.rows("select version_num from alembic_version")[0]["version_num"]


@pytest.fixture
def town(new_database: Callable[[str], Database], redis_url: str, keys: dict[str, str]) -> Iterator[Town]:
    database = new_database("records")
    environment = keys | {"DATABASE_URL": database.app_url, "DATABASE_OWNER_URL": database.owner_url, "REDIS_URL": redis_url}
    app = check_ready(create_app(Settings.from_environment(environment), TESTING=True))
    with clock.set_to(clock.at(date(2026, 7, 1), 9)):
        world = make_world(app, "records")
        world.sign(world.submit(world.at_work()), "health.director", "health.deputy")
        secret = world.assign(world.register(confidential=True), handler="health.handler")
        world.sign(world.submit(world.progress(world.acknowledge(secret))), "health.director")
    with app.app_context():
        db.engine.dispose()
    yield Town(world, database, environment)
    with app.app_context():
        db.engine.dispose()


def _parts(town: Town, key: str) -> dict[str, list[dict[str, object]]]:
    """Every row that belongs to a record, sealed words and signatures as they are, with the record's id under one name."""
    return {
        table: sorted(
            (
                {"whole" if name == key else name: value for name, value in row.items()}
                for row in town.rows(f"select * from {table}")
            ),
            key=str,
        )
        for table in TABLES + SIGNED
    }


def test_down_and_up_killed_on_both_ways_no_word_no_number_no_signature_changes(town: Town) -> None:
    town.migrate("downgrade", NOW)
    now = town.rows("select * from record order by id"), town.rows("select * from content order by id"), _parts(town, "record_id")
    town.kill_half_way("downgrade", BEFORE)
    town.migrate("downgrade", BEFORE)
    assert town.revision() == BEFORE
    matters = {row["id"]: row for row in town.rows("select * from matter")}
    for record in now[0]:
        matter = matters[record["id"]]
        assert (matter["number"], matter["sequence"], matter["year"]) == (record["number"], record["sequence"], record["year"])
        assert (matter["registering_unit_id"], matter["registered_by_id"]) == (record["unit_id"], record["created_by_id"])
        assert record["series"] == ("instruction:confidential" if matter["confidential"] else "instruction")
    assert len(matters) == len(now[0]) == 2
    contents = town.rows("select * from matter_content order by id")
    assert [(row["id"], row["plain"], row["sealed"]) for row in contents] == [(r["id"], r["plain"], r["sealed"]) for r in now[1]]
    assert _parts(town, "matter_id") == now[2]
    town.kill_half_way("upgrade", NOW)
    town.migrate("upgrade", NOW)
    assert town.revision() == NOW
    after = town.rows("select * from record order by id"), town.rows("select * from content order by id"), _parts(town, "record_id")
    assert after == now
    town.migrate("upgrade")
    with town.world.work():
        found = db.session.scalars(select(Content).options(as_seen_by(SYSTEM))).all()
        assert sorted(one.title for one in found if one.title) and len(found) == 2, "what was sealed before opens after"


def test_words_are_sealed_under_the_name_that_the_table_had_first(world: World) -> None:
    world.register(confidential=True)
    with world.work():
        sealed = db.session.scalars(select(Content).where(Content.confidential).options(as_seen_by(SYSTEM))).one()
        assert open_sealed(sealed.sealed or b"", f"matter_content:{sealed.id}")
