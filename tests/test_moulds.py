"""A city that was cast is in nothing but its numbers another than one that was founded."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from flask import Flask
from psycopg.rows import dict_row
from sqlalchemy.engine import make_url

from portal.kernel import clock
from portal.local.postgres import conninfo
from tests import world as worlds
from tests.at_the_door import SmallCity
from tests.conftest import Database, make_small_city
from tests.moulds import Mould
from tests.network.conftest import new_network
from tests.network.small_network import Network

__all__ = ["new_network"]

DAY = clock.at(clock.today(), 9)
SECRET = {"sealed"}  # made anew for each person


def told(database: Database, city_id: int) -> dict[str, list[str]]:
    """All that the database holds of a city, table by table, with its numbers replaced by the order they came in."""
    with psycopg.connect(conninfo(make_url(database.owner_url)), row_factory=dict_row) as owner:
        owner.execute("select set_config('app.city', %s, false)", [str(city_id)])
        tables = owner.execute(
            "select table_name from information_schema.columns where table_schema = 'public' and column_name = 'city_id'"
        ).fetchall()
        rows: dict[str, list[dict[str, Any]]] = {
            name: owner.execute(f'select * from "{name}" where city_id = %s', [city_id]).fetchall()
            for name in sorted(table["table_name"] for table in tables)
        }
    places = {
        (table, row["id"]): f"{table} {place}"
        for table in ("unit", "person", "post", "calendar_day")
        for place, row in enumerate(sorted(rows[table], key=lambda row: row["id"]))
    }

    def numbered(table: str, column: str, value: Any) -> Any:
        if column == "city_id":
            return "city" if value == city_id else value
        if column == "path":
            return [places["unit", number] for number in value]
        whose = re.fullmatch(r"(?:.*_)?(unit|person|post)_id|parent_id|heir_id", column)
        if value is not None and (whose or (column == "id" and (table, value) in places)):
            return places[(whose[1] or "unit") if whose else table, value]
        return value

    return {
        table: sorted(
            repr({column: numbered(table, column, value) for column, value in row.items() if column not in SECRET}) for row in found
        )
        for table, found in rows.items()
        if found
    }


def test_a_cast_world_is_a_founded_one(app: Flask, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worlds, "_founded", [])
    with clock.set_to(DAY):
        founded, cast = (worlds.make_world(app, f"mould-{number}") for number in (1, 2))
    here, there = told(database, founded.id), told(database, cast.id)
    assert set(here) == {"unit", "unit_word", "person", "post", "second_factor"}
    assert there == here
    assert (list(cast.units), list(cast.people), list(cast.posts)) == (
        list(founded.units),
        list(founded.people),
        list(founded.posts),
    )
    for name, number in cast.people.items():
        with cast.work():
            assert cast.actor(name).person_id == number != founded.people[name]


def test_a_cast_network_is_an_imported_one(database: Database, new_network: Callable[[], Network]) -> None:
    with clock.set_to(DAY + timedelta(days=3)):  # a day of its own: its first is founded
        imported, cast = new_network(), new_network()
    here = told(database, imported.city_id)
    assert set(here) == {"unit", "unit_word", "person", "post", "calendar_day"}
    assert told(database, cast.city_id) == here


def test_a_cast_small_city_is_a_founded_one(app: Flask, database: Database) -> None:
    kept: list[tuple[Mould, SmallCity]] = []
    with clock.set_to(DAY):
        cities = [make_small_city(app, f"mould-{place}-0", kept) for place in ("one", "two")]
    founded, cast = (told(database, city.id) for city in cities)
    assert set(founded) == {"unit", "unit_word", "person", "post"}
    assert cast == founded
    assert len({*cities[0].lin_posts, *cities[1].lin_posts}) == 4
