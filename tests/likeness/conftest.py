"""A small city in a database of its own: what is read here is written back whole, so nobody else's rows may lie beside it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy.engine import URL

from portal.app import check_ready, create_app
from portal.config import Settings
from portal.kernel import clock
from portal.kernel.db import db
from portal.local import provision
from portal.local.postgres import conninfo
from portal.notify.kinds import text_of
from tests.conftest import PASSWORDS, Database
from tests.likeness.canon import Played
from tests.likeness.rows import items_of
from tests.world import World, make_world

LOOKED_AT = clock.at(date(2026, 7, 15), 11)
# Each process of a run has its own.
EMPTY, FORMER, NOW = (f"likeness_{what}_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}" for what in ("empty", "former", "now"))
Items = dict[str, dict[str, str]]


@dataclass
class Town:
    """The small city, the environment its portal runs in, and a connection that sees every row."""

    world: World
    environment: dict[str, str]
    postgres: URL
    connection: Any = None

    def begin(self, template: str) -> None:
        """The city is again as it was in that database."""
        self.let_go()
        with provision.administer(self.postgres) as administrator:
            administrator.execute(f"drop database if exists {NOW} with (force)".encode())
        provision.create_database(self.postgres, NOW, template)
        self.connection = psycopg.connect(conninfo(self.postgres.set(database=NOW)), autocommit=True)
        self.connection.execute("UPDATE installation SET identity = NULL")  # no restored one, which would hold what it sends

    def keep(self, name: str) -> None:
        """The city as it is now can be begun with under this name."""
        self.let_go()
        provision.create_database(self.postgres, name, NOW)

    def let_go(self) -> None:
        """Nobody is connected."""
        if self.connection is not None:
            self.connection.close()
        with self.world.app.app_context():
            db.engine.dispose()

    def read(self) -> tuple[Played, Items]:
        """All of it, settled, and its rows as items."""
        with self.world.app.app_context(), clock.set_to(LOOKED_AT):
            played = Played(self.connection)
            played.settle()
            return played, dict(items_of(played, text_of))

    def run(self, *statements: str) -> None:
        """Change it below everything that would refuse it."""
        self.connection.execute("SET session_replication_role = replica")
        for statement in statements:
            self.connection.execute(statement)
        self.connection.execute("RESET session_replication_role")


@pytest.fixture(scope="package")
def founded(new_database: Any, postgres: URL, redis_url: str, keys: dict[str, str]) -> Iterator[tuple[Town, str]]:
    """The city before anything happened in it, and the database to begin with."""
    empty: Database = new_database("likeness_founded")
    provision.create_database(postgres, NOW, empty.name)
    access = provision.access(postgres, PASSWORDS, NOW)
    environment = keys | {"DATABASE_URL": access.app_url, "REDIS_URL": redis_url}
    app = check_ready(create_app(Settings.from_environment(environment), TESTING=True))
    town = Town(make_world(app, "wenzhou"), environment, postgres)
    town.keep(EMPTY)
    yield town, EMPTY
    town.let_go()


@pytest.fixture
def empty(founded: tuple[Town, str]) -> Town:
    """The city before anything happened in it."""
    town, template = founded
    town.begin(template)
    return town


@pytest.fixture(scope="package")
def before(founded: tuple[Town, str]) -> Items:
    """The rows of the city after two lives, as they were kept."""
    town, template = founded
    town.begin(template)
    open_life(town.world)
    confidential_life(town.world)
    town.keep(FORMER)
    town.begin(FORMER)
    return town.read()[1]


@pytest.fixture
def town(founded: tuple[Town, str], before: Items) -> Town:
    """The city after those two lives."""
    founded[0].begin(FORMER)
    return founded[0]


def open_life(world: World, *, words: str = "已召开专题会议。") -> UUID:
    """An instruction up to the second signature."""
    with clock.set_to(at(1)):
        matter = world.register(received_on=date(2026, 6, 30))
    with clock.set_to(at(2)):
        world.name_handler(world.assign(matter))
    with clock.set_to(at(3)):
        world.progress(world.acknowledge(matter), words=words)
    with clock.set_to(at(6)):
        report = world.submit(matter)
    with clock.set_to(at(7)):
        world.sign(report, "health.director")
    return matter


def confidential_life(world: World, *, title: str = "关于某干部的情况反映") -> UUID:
    """A confidential one of the county, whose handler has acknowledged it at a moment of the other life."""
    with clock.set_to(at(2, 10)):
        matter = world.register("county.supervisor", unit="county", confidential=True, title=title, received_on=date(2026, 7, 1))
    with clock.set_to(at(3)):
        world.assign(matter, "county_health", "county.supervisor", handler="county_health.handler")
        world.acknowledge(matter, "county_health.handler")
    return matter


def at(day: int, hour: int = 9) -> datetime:
    """An hour of that July."""
    return clock.at(date(2026, 7, day), hour)
