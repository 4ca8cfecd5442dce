"""Who sees a record, gathered by the rule of its kind and written as viewer rows: one statement, however many readers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple, cast

from sqlalchemy import BigInteger, Date, DateTime, Insert, SmallInteger, Table, Text, func, insert, inspect, select
from sqlalchemy.dialects.postgresql import ARRAY

from portal.access.models import View, Viewer
from portal.access.roles import Role, shells_principal, standing_principal
from portal.kernel.writing import Write

_VARYING: dict[str, Any] = {
    "principal": BigInteger,
    "view": SmallInteger,
    "task": Text,
    "due_on": Date,
    "until": DateTime(timezone=True),
}
"""What differs between the viewer rows of one record."""


class Sight(NamedTuple):
    """What one principal sees of a record, what it waits for from them, and the day that counts for them where it is
    another than the record's own."""

    view: View
    task: str | None = None
    due_on: date | None = None


@dataclass(slots=True)
class Readers:
    """Principals, each with their sight of the record."""

    seen: dict[int, Sight] = field(default_factory=dict)

    def add(self, principal: int, view: View, task: str | None = None, due_on: date | None = None) -> None:
        """A higher view, any task, and the nearer of two days win."""
        known = self.seen.get(principal, Sight(View.SHELL))
        days = [day for day in (due_on, known.due_on) if day is not None]
        self.seen[principal] = Sight(max(view, known.view), task or known.task, min(days, default=None))

    def standings(
        self, unit_id: int, roles: Iterable[Role], view: View, task: str | None = None, due_on: date | None = None
    ) -> None:
        """Whoever holds one of these roles for the unit."""
        for role in roles:
            self.add(standing_principal(unit_id, role), view, task, due_on)

    def shells(self, unit_id: int, roles: Iterable[Role], task: str | None = None) -> None:
        """Of a confidential record: those posts alone that cover such records see its shell."""
        for role in roles:
            self.add(shells_principal(unit_id, role), View.SHELL, task)


def rows_of(
    record: Mapping[str, Any], readers: Mapping[int, Sight], until: Mapping[int, datetime] | None = None
) -> list[dict[str, Any]]:
    """The viewer rows as plain values. `record`: what is the same in all of them; `until`: when a principal's reading ends.
    What has ended waits for nothing."""
    ends = until or {}
    return [
        {
            **record,
            "principal": principal,
            "view": int(sight.view),
            "task": sight.task if record["open"] else None,
            "due_on": sight.due_on or record["due_on"],
            "until": ends.get(principal),
        }
        for principal, sight in readers.items()
    ]


def insert_rows(rows: list[dict[str, Any]]) -> Write:
    """The statement that writes these viewer rows of one record: one shape, however many they are."""
    same = {name: value for name, value in rows[0].items() if name not in _VARYING}
    columns = Viewer.__mapper__.columns

    def build(value: Callable[[str, Any], Any]) -> Insert:
        each = func.unnest(*(value(name, ARRAY(kind)) for name, kind in _VARYING.items())).table_valued(*_VARYING).render_derived()
        constants = [value(name, columns[name].type).label(name) for name in same]
        return insert(cast("Table", inspect(Viewer).local_table)).from_select(
            [*same, *_VARYING], select(*constants, *(each.c[name] for name in _VARYING))
        )

    varying = {name: [row[name] for row in rows] for name in _VARYING}
    return Write(("viewer", *same), build, same | varying)
