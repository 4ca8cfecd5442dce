"""What must hold before the portal serves anyone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import psycopg
import pytest
from flask import Flask
from sqlalchemy import create_engine
from sqlalchemy.engine import URL

from portal.access.acts import OPEN_TO_ALL
from portal.app import create_app
from portal.config import Misconfigured, Settings
from portal.kernel.db import db
from portal.local.postgres import conninfo
from portal.web import guards, startup_checks
from tests.conftest import Database


def refusal(url: URL | str, production: bool = False) -> str:
    engine = create_engine(url)
    try:
        startup_checks.refuse_unless_safe(engine, production)
    except startup_checks.StartupCheckFailed as missing:
        return str(missing)
    finally:
        engine.dispose()
    return ""


def test_the_role_app_with_every_wall_may_serve(app: Flask, database: Database) -> None:
    assert refusal(database.app_url) == ""


def test_the_owner_of_the_tables_may_not_serve(app: Flask, database: Database) -> None:
    assert "owns tables" in refusal(database.owner_url)


def test_a_superuser_may_not_serve(app: Flask, database: Database, postgres: URL) -> None:
    assert "passes row-level security" in refusal(postgres.set(database=database.name))


@pytest.mark.parametrize("hole", ["disable row level security", "no force row level security"])
def test_a_table_of_a_city_without_its_wall_stops_the_start(app: Flask, database: Database, hole: str) -> None:
    mend = hole.replace("disable", "enable").replace("no force", "force")
    with psycopg.connect(conninfo(database.access.owner), autocommit=True) as owner:
        owner.execute(f"alter table person {hole}")
        try:
            assert "person" in refusal(database.app_url)
        finally:
            owner.execute(f"alter table person {mend}")
    assert refusal(database.app_url) == ""


def test_an_empty_database_stops_the_start(postgres: URL, new_database: Callable[[str], Database]) -> None:
    empty = new_database("empty")
    with psycopg.connect(conninfo(empty.access.owner), autocommit=True) as owner:
        owner.execute("drop table if exists city cascade")
    assert "flask db upgrade" in refusal(empty.app_url)


def test_a_demonstration_city_has_no_place_in_production(app: Flask, database: Database) -> None:
    with psycopg.connect(conninfo(database.access.owner), autocommit=True) as owner:
        owner.execute("insert into city (slug, name, demonstration, created_at) values ('play', '演示', true, now())")
        try:
            assert "play" in refusal(database.app_url, production=True)
            assert refusal(database.app_url) == ""
        finally:
            owner.execute("delete from city where slug = 'play'")


@pytest.fixture
def settings(database: Database, redis_url: str, keys: dict[str, str]) -> Settings:
    return Settings.from_environment(keys | {"DATABASE_URL": database.app_url, "REDIS_URL": redis_url})


def test_a_route_without_an_act_stops_the_start(settings: Settings) -> None:
    portal = create_app(settings)
    portal.add_url_rule("/<slug:city>/bare", "bare", lambda: "open to anyone by mistake")
    with pytest.raises(guards.UndeclaredAct, match="bare"):
        guards.refuse_undeclared(portal)
    with portal.app_context():
        db.engine.dispose()


def test_a_route_with_an_act_of_no_feature_stops_the_start(settings: Settings) -> None:
    portal = create_app(settings)
    portal.add_url_rule("/<slug:city>/own", "own", guards.allows(replace(OPEN_TO_ALL, name="own"))(lambda: "open to anyone"))
    with pytest.raises(guards.UndeclaredAct, match="the act own, which no feature registers"):
        guards.refuse_undeclared(portal)
    with portal.app_context():
        db.engine.dispose()


def test_a_route_outside_every_city_stops_the_start(settings: Settings) -> None:
    portal = create_app(settings)
    portal.add_url_rule("/aside", "aside", guards.allows(OPEN_TO_ALL)(lambda: "no city"))
    with pytest.raises(guards.UndeclaredAct, match="outside every city"):
        guards.refuse_undeclared(portal)
    with portal.app_context():
        db.engine.dispose()


def test_two_pages_at_one_address_stop_the_start(settings: Settings) -> None:
    portal = create_app(settings)
    portal.add_url_rule("/<slug:city>/messages", "bells", guards.allows(OPEN_TO_ALL)(lambda: "never reached"))
    with pytest.raises(
        guards.UndeclaredAct, match=r"GET /<slug:city>/messages is notify\.messages and bells: an address is one page's"
    ):
        guards.refuse_undeclared(portal)
    with portal.app_context():
        db.engine.dispose()


def test_a_missing_or_short_key_stops_the_start(settings: Settings, tmp_path) -> None:
    with pytest.raises(Misconfigured):
        create_app(replace(settings, secret_key_file=tmp_path / "none"))
    (tmp_path / "short").write_text("short")
    with pytest.raises(Misconfigured):
        create_app(replace(settings, secret_key_file=tmp_path / "short"))
