"""What tables a database has, their columns, and which columns refer to which rows: read from the database itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import psycopg

from tests.likeness.tables import LEFT_OUT, NAMES, REFERS


@dataclass
class Table:
    """A table; `serial` are the columns that the database numbers, `made` those that it computes."""

    name: str
    columns: dict[str, str] = field(default_factory=dict)  # the type of each
    key: tuple[str, ...] = ()
    serial: tuple[str, ...] = ()
    made: tuple[str, ...] = ()
    refers: dict[str, str] = field(default_factory=dict)  # column -> table whose only key it is

    @property
    def id(self) -> str | None:
        """The column by which other rows refer to one of these."""
        return self.key[0] if len(self.key) == 1 else None

    def numbers(self) -> list[str]:
        """Columns that hold nothing but a number or id of this row's own."""
        own = [self.id] if self.id and self.columns[self.id] == "uuid" and self.id not in self.refers else []
        return [*self.serial, *own]


def tables_of(connection: psycopg.Connection) -> dict[str, Table]:
    """Every table of the public schema."""
    found: dict[str, Table] = {}
    for name, column, kind, generated, identity, default in connection.execute(
        "SELECT c.table_name, c.column_name, c.udt_name, c.is_generated, c.is_identity, c.column_default"
        " FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)"
        " WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE' ORDER BY c.table_name, c.ordinal_position"
    ):
        table = found.setdefault(name, Table(name))
        table.columns[column] = kind
        table.serial += (column,) if identity == "YES" or (default or "").startswith("nextval") else ()
        table.made += (column,) if generated == "ALWAYS" else ()
    points: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for kind, name, columns, other, others in connection.execute(
        "SELECT c.contype::text, r.relname, ARRAY(SELECT a.attname::text FROM unnest(c.conkey) WITH ORDINALITY k (n, o)"
        " JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.n ORDER BY k.o), f.relname,"
        " ARRAY(SELECT a.attname::text FROM unnest(c.confkey) WITH ORDINALITY k (n, o)"
        " JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.n ORDER BY k.o)"
        " FROM pg_constraint c JOIN pg_class r ON r.oid = c.conrelid LEFT JOIN pg_class f ON f.oid = c.confrelid"
        " WHERE c.contype IN ('p', 'f') AND r.relnamespace = 'public'::regnamespace ORDER BY c.conname"
    ):
        if kind == "p":
            found[name].key = tuple(columns)
        else:
            for column, target in zip(columns, others, strict=True):
                points.setdefault((name, column), []).append((other, target))
    for name, column in points:
        target = _end(found, points, name, column)
        if target:
            found[name].refers[column] = target
    for where, target in REFERS.items():
        name, _dot, column = where.partition(".")
        if name in found:
            found[name].refers[column] = target
    return found


def _end(found: dict[str, Table], points: dict[tuple[str, str], list[tuple[str, str]]], name: str, column: str) -> str | None:
    """Where a reference leads in the end: to the table whose only key it is."""
    for other, target in points.get((name, column), ()):
        if (other, target) == (name, column):
            continue
        end = _end(found, points, other, target) if (other, target) in points else None
        if end or found[other].key == (target,):
            return end or other
    return None


def compared(table: Table) -> list[str]:
    """The columns that are compared: all that are not left out, and hold more than the row's own number."""
    return [column for column in table.columns if not left_out(table.name, column) and column not in table.numbers()]


def left_out(table: str, column: str) -> bool:
    """Whether it is named as left out."""
    return bool({table, f"{table}.{column}", f"*.{column}"} & LEFT_OUT.keys())


def unnamed(found: Iterable[str]) -> list[str]:
    """Tables that have neither a name for their rows nor a reason to be left out."""
    return sorted(name for name in found if name not in NAMES and name not in LEFT_OUT)
