"""Cities cast from a mould. The first of a kind is founded by the portal's own means; its rows are read back once, and
every later one is an INSERT … SELECT of the same rows under new numbers, as the portal's own role, in its city.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, DateTime, Table, text

from portal.identity.models import Person
from portal.kernel import clock
from portal.kernel.city import City
from portal.kernel.db import current_city, db, enter
from portal.network.models import Post, Unit

Numbers = dict[str, dict[int, int]]  # of each table: the mould's number of a row, and the new one


@dataclass(frozen=True)
class Mould:
    """What a city holds just after its founding: its rows, table by table."""

    city_id: int
    rows: dict[Table, list[dict[str, Any]]]

    @staticmethod
    def of(*more: Any) -> Mould:
        """The mould of the city that the session works in: its units, people and posts, and the rows of `more` models."""
        city_id = current_city()
        assert city_id is not None
        tables = [model.__table__ for model in (Unit, Person, Post, *more)]
        return Mould(city_id, {table: _rows(table, city_id) for table in tables})

    def cast(self) -> Numbers:
        """Fills the city that the session works in; nothing else may be in it. What was made when the mould was, is made
        now."""
        city_id = current_city()
        assert city_id is not None
        numbers: Numbers = {"city": {self.city_id: city_id}}
        for table, rows in self.rows.items():
            if "id" in table.columns:
                numbers[table.name] = dict(zip((row["id"] for row in rows), _numbers(table, len(rows)), strict=True))
        for table, rows in self.rows.items():
            columns = ", ".join(f'"{column.name}"' for column in table.columns)
            db.session.execute(
                text(
                    f"INSERT INTO {table.name} ({columns})"
                    f" SELECT {columns} FROM jsonb_populate_recordset(NULL::{table.name}, CAST(:rows AS jsonb))"
                ),
                {"rows": json.dumps([_renumbered(table, row, numbers) for row in rows])},
            )
        return numbers


def begin_city(slug: str, name: str, *, demonstration: bool = False) -> int:
    """A city with nothing in it, in which the session works from now on; its number."""
    made = City(slug=slug, name=name, demonstration=demonstration, created_at=clock.now())
    db.session.add(made)
    db.session.flush()
    enter(made.id)
    return made.id


def _rows(table: Table, city_id: int) -> list[dict[str, Any]]:
    order = "ORDER BY id" if "id" in table.columns else ""
    found = db.session.execute(text(f"SELECT to_jsonb(t) FROM {table.name} t WHERE city_id = :city {order}"), {"city": city_id})
    return list(found.scalars())


def _numbers(table: Table, count: int) -> Iterable[int]:
    sequence = f"nextval(pg_get_serial_sequence('{table.name}', 'id'))"
    return sorted(db.session.scalars(text(f"SELECT {sequence} FROM generate_series(1, :count)"), {"count": count}))


def _renumbered(table: Table, row: dict[str, Any], numbers: Numbers) -> dict[str, Any]:
    return {column.name: _renewed(column, row[column.name], numbers) for column in table.columns}


def _renewed(column: Column[Any], value: Any, numbers: Numbers) -> Any:
    if value is None:
        return None
    if isinstance(column.type, DateTime):
        return clock.now().isoformat()
    if column.name == "path":
        return [numbers["unit"][number] for number in value]
    whose = column.table.name if column.name == "id" else next((key.column.table.name for key in column.foreign_keys), None)
    return numbers[whose][value] if whose in numbers else value
