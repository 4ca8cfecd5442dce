"""Rows that are written together, in one statement, which is kept for each shape: the tables, and their columns that are given."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import Column, Insert, Table, bindparam, insert, inspect
from sqlalchemy.orm import make_transient_to_detached
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.sql.schema import ScalarElementColumnDefault

from portal.kernel.db import Base, db
from portal.kernel.statements import Kept

_WRITTEN = Kept()


@dataclass(frozen=True, slots=True)
class Write:
    """An INSERT of a certain shape. `build` is given what makes a value of the statement of its name and type."""

    shape: Hashable
    build: Callable[[Callable[[str, Any], Any]], Insert]
    values: Mapping[str, Any]


def write_together(*rows: Base | Write) -> None:
    """Write these new records, and what stands beside them, in one statement. They stay outside the session (but `go_on_with`),
    and what the database gives them (a sequence, the city) is not asked for."""
    writes = [row if isinstance(row, Write) else _write(row) for row in rows]

    def build() -> Insert:
        *others, last = (one.build(_named(number)) for number, one in enumerate(writes))
        return last.add_cte(*(other.cte(f"written_{number}") for number, other in enumerate(others)))

    values = {_name(number, name): value for number, one in enumerate(writes) for name, value in one.values.items()}
    _WRITTEN.execute(tuple(one.shape for one in writes), build, values, {})


def go_on_with(*records: Base) -> None:
    """These records were written together with others, and are gone on with: the session has them as if they had been read.
    What only the database knows of them (a sequence, the city) is asked for when it is needed."""
    for record in records:
        for key, column in _columns(record).items():
            if key not in record.__dict__ and column.nullable and column.server_default is None and column.computed is None:
                set_committed_value(record, key, None)  # as it was written
        make_transient_to_detached(record)
        db.session.add(record)


def _name(number: int, name: str) -> str:
    return f"row_{number}_{name}"


def _named(number: int) -> Callable[[str, Any], Any]:
    return lambda name, kind: bindparam(_name(number, name), type_=kind)


def _columns(record: Base) -> dict[str, Column[Any]]:
    return {attribute.key: cast("Column[Any]", attribute.columns[0]) for attribute in inspect(type(record)).column_attrs}


def _write(record: Base) -> Write:
    columns = _columns(record)
    for key, column in columns.items():
        # SQLAlchemy asks a column's own default only for the outermost INSERT.
        if key not in record.__dict__ and isinstance(column.default, ScalarElementColumnDefault):
            setattr(record, key, column.default.arg)
    given = {column.name: (column, record.__dict__[key]) for key, column in columns.items() if key in record.__dict__}
    table = cast(Table, inspect(type(record)).local_table)
    return Write(
        (table.name, *given),
        lambda value: insert(table).values({name: value(name, column.type) for name, (column, _given) in given.items()}),
        {name: said for name, (_column, said) in given.items()},
    )
