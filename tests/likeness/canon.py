"""The played database without chance: every row has a name made of natural keys, its own ids follow from that name, and rows
lie in the order of moments and names. What is left of the order in which they were written is what one whole (the entries of
one matter, the journal of one subject) says of it.

So neither random ids nor who was played first decide anything that is compared: not the rows, and not the pages, whose lists
break ties by id."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime
from functools import partial
from operator import itemgetter
from typing import Any
from uuid import UUID, uuid5

import psycopg
from psycopg import sql
from psycopg.types.string import TextLoader

from portal.access.roles import of_shells, person_of, standing_of
from portal.kernel import clock
from portal.vault.encryption import open_sealed, seal
from tests.likeness.schema import Table, left_out, tables_of
from tests.likeness.tables import CALLED, KEPT_NUMBERS, MOVED, NAMES, PATHS, PRINCIPALS, SEALED_AS, SUBJECTS

Row = dict[str, Any]
ID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
_OURS = UUID("6b0d1a52-7a1e-5f0c-9d57-0577a1e50577")
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class Played:
    """All rows of one database, each with its name."""

    def __init__(self, connection: psycopg.Connection) -> None:
        connection.adapters.register_loader("jsonb", TextLoader)  # as it stands: JSON's null is not SQL's
        self.connection = connection
        self.tables = tables_of(connection)
        self.rows: dict[str, list[Row]] = {}
        for name, table in self.tables.items():
            if name in NAMES:
                columns = sql.SQL(", ").join(map(sql.Identifier, table.columns))
                found = connection.execute(sql.SQL("SELECT {} FROM {}").format(columns, sql.Identifier(name)))
                self.rows[name] = [dict(zip(table.columns, row, strict=True)) for row in found]
        self.order: dict[str, str] = {}  # wholes whose rows were not written in the order of their moments
        self._named: dict[str, dict[Any, str]] = {}  # by id of the database
        self._named_rows: dict[str, dict[int, str]] = {}  # by the row in `rows`
        self._ids: dict[str, str] | None = None

    # ---------------------------------------------------------------------------------------------------- names

    def name(self, table: str, row: Row) -> str:
        """The name of this row of `rows`."""
        self._name_all(table)
        return self._named_rows[table][id(row)]

    def name_of(self, table: str, key: Any) -> str:
        """The name of the row with this id."""
        self._name_all(table)
        return self._named[table].get(key, f"<no {table} {key}>")

    def names_of_ids(self) -> dict[str, str]:
        """Every uuid that is a row's own, with that row's name."""
        if self._ids is None:
            self._ids = {}
            for name, table in self.tables.items():
                if name in self.rows and table.id and table.columns[table.id] == "uuid" and table.id not in table.refers:
                    self._name_all(name)
                    self._ids |= {str(key): named for key, named in self._named[name].items()}
        return self._ids

    def named(self) -> dict[str, dict[Any, str]]:
        """The names of all rows that have an id, by table and id."""
        for table in self.rows:
            self._name_all(table)
        return self._named

    def id_of(self, table: str, row: Row) -> Any:
        """The id of a row."""
        return row[self.tables[table].id or ""]

    def _name_all(self, table: str) -> None:
        if table in self._named_rows:
            return
        groups: dict[str, list[Row]] = defaultdict(list)
        for row in self.rows[table]:
            groups[" ".join(filter(None, (self.word(table, column, row) for column in NAMES[table])))].append(row)
        named: dict[int, str] = {}
        for said, alike in groups.items():
            for number, row in enumerate(sorted(alike, key=lambda row: self._apart(table, row)) if len(alike) > 1 else alike):
                named[id(row)] = said if number == 0 else f"{said} #{number + 1}"
        self._named_rows[table] = named
        key = self.tables[table].id
        self._named[table] = {row[key]: named[id(row)] for row in self.rows[table]} if key else {}

    def _apart(self, table: str, row: Row) -> tuple[Any, ...]:
        """What tells rows of one name apart: the order in which they were written, else what they hold."""
        described = self.tables[table]
        if described.serial:
            return tuple(row[column] for column in described.serial)
        own = {*described.numbers(), *described.refers}
        return (json.dumps({c: str(v) for c, v in row.items() if c not in own and not left_out(table, c)}, ensure_ascii=False),)

    def word(self, table: str, column: str, row: Row) -> str:
        """What stands in a column, by names instead of ids; nothing for NULL."""
        value, where = row.get(column), f"{table}.{column}"
        described = self.tables[table]
        if value is None:
            return ""
        if column in described.refers:
            return self.name_of(described.refers[column], value)
        if where in PATHS:
            return "/".join(self.name_of(PATHS[where], one) for one in value)
        if where in PRINCIPALS:
            return self._principal(value)
        if where in SUBJECTS and (kind := _subject(row, where)) in self.rows and self.tables[kind].id:
            uuid = self.tables[kind].columns[self.tables[kind].id or ""] == "uuid"
            return self.name_of(kind, UUID(value) if uuid else int(value))
        return plain(value)

    def _principal(self, principal: int) -> str:
        standing, person = standing_of(principal), person_of(principal)
        if standing is not None:
            shells = "shells " if of_shells(principal) else ""
            return f"{shells}{self.name_of('unit', standing[0])}/{standing[1]}"
        audience = "audience " if -principal != person else ""
        return audience + self.name_of("person", person)

    # ------------------------------------------------------------------------------------------------------ ids

    def settle(self) -> None:
        """Give every row the ids that follow from its name, and write all of them back in the order of names."""
        for table in self.rows:
            self._name_all(table)
        new = {table: self._numbers(table) for table in self.rows}
        ids = {str(old): str(now) for each in new.values() for old, now in each.items() if isinstance(old, UUID)}
        for table, rows in self.rows.items():
            for row in rows:
                self._settle_row(self.tables[table], row, new, ids)
        for table, rows in self.rows.items():
            named, key = self._named_rows[table], self.tables[table].id
            rows.sort(key=itemgetter(key) if key and table in KEPT_NUMBERS else partial(_named_in, named))
            if key:
                self._named[table] = {row[key]: named[id(row)] for row in rows}
        self._ids = None
        self._write()

    def _numbers(self, table: str) -> dict[Any, Any]:
        """Old id -> new id; numbers by which nobody refers are set at once."""
        described, rows = self.tables[table], self.rows[table]
        if table in KEPT_NUMBERS:
            return {}
        new: dict[Any, Any] = {}
        for column in described.numbers():
            if described.columns[column] == "uuid":
                # By the former name of the table: lists are read in the order of ids where days are alike.
                new |= {row[column]: uuid5(_OURS, f"{MOVED.get(table, table)} {self.name(table, row)}") for row in rows}
                continue
            moments = [c for c, kind in described.columns.items() if kind == "timestamptz"]
            self._note_order(table, column, rows, moments)
            rows.sort(key=partial(self._place, table, column, moments))
            numbered = {row[column]: number for number, row in enumerate(rows, start=1)}
            if column == described.id:
                new |= numbered
            else:
                for row in rows:
                    row[column] = numbered[row[column]]
        return new

    @staticmethod
    def _moment(row: Row, moments: Iterable[str]) -> datetime:
        return next((row[column] for column in moments if row[column] is not None), _LONG_AGO)

    def _whole(self, table: str, row: Row) -> str:
        """Of what it is a part: what its name begins with."""
        of_kind = SUBJECTS.get(f"{table}.{NAMES[table][1]}") == NAMES[table][0] if len(NAMES[table]) > 1 else False
        return " ".join(self.word(table, column, row) for column in NAMES[table][: 2 if of_kind else 1])

    def _place(self, table: str, column: str, moments: list[str], row: Row) -> tuple[datetime, str, int]:
        return self._moment(row, moments), self._whole(table, row), row[column]

    def _note_order(self, table: str, column: str, rows: list[Row], moments: list[str]) -> None:
        wholes: dict[str, list[Row]] = defaultdict(list)
        for row in rows:
            wholes[self._whole(table, row)].append(row)
        for whole, parts in wholes.items():
            parts.sort(key=lambda row: row[column])
            at = [self._moment(row, moments) for row in parts]
            if table in NUMBERED_BY_HAND and at != sorted(at):
                self.order[f"{table} {whole}"] = "\n".join(self.name(table, row) for row in parts)

    def _settle_row(self, table: Table, row: Row, new: dict[str, dict[Any, Any]], ids: dict[str, str]) -> None:
        former = row.get(table.id) if table.id else None
        for column, value in row.items():
            if value is None:
                continue
            if column in table.refers:
                row[column] = new[table.refers[column]].get(value, value)
            elif column == table.id:
                row[column] = new[table.name].get(value, value)
            elif (where := f"{table.name}.{column}") in SUBJECTS:
                known = new.get(_subject(row, where), {})
                key = UUID(value) if ID.fullmatch(value) else int(value) if value.isascii() and value.isdigit() else None
                row[column] = ids.get(value) or str(known.get(key, value))
            elif isinstance(value, str):
                row[column] = ID.sub(lambda found: ids.get(found[0], found[0]), value)
        if row.get("sealed") is not None and "plain" in table.columns and former is not None:
            called = SEALED_AS.get(table.name, table.name)
            words = open_sealed(row["sealed"], f"{called}:{former}")
            row["words"] = words.decode()
            row["sealed"] = seal(words, f"{called}:{row[table.id or '']}")

    def _write(self) -> None:
        with self.connection.transaction(), self.connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")  # no trigger, no check: what is written was there
            cursor.execute(sql.SQL("TRUNCATE {}").format(sql.SQL(", ").join(map(sql.Identifier, self.rows))))
            for name, rows in self.rows.items():
                columns = [column for column in self.tables[name].columns if column not in self.tables[name].made]
                to = sql.SQL("COPY {} ({}) FROM STDIN").format(
                    sql.Identifier(name), sql.SQL(", ").join(map(sql.Identifier, columns))
                )
                with cursor.copy(to) as copy:
                    for row in rows:
                        copy.write_row([row[column] for column in columns])
        self.connection.execute("ANALYZE")


def _subject(row: Row, where: str) -> str:
    """The table of what the journal is about."""
    kind: str = row[SUBJECTS[where]]
    return CALLED.get(kind, kind)


def _named_in(named: dict[int, str], row: Row) -> str:
    return named[id(row)]


# Where the order of writing can be seen: the course of a matter and the journal are shown by their numbers.
NUMBERED_BY_HAND = frozenset({"entry", "journal_entry"})


def plain(value: Any) -> str:
    """A value as text: times as the office's clock shows them."""
    match value:
        case bool():
            return "true" if value else "false"
        case datetime():
            wall = clock.local(value)
            return wall.strftime("%Y-%m-%dT%H:%M:%S.%f").removesuffix(".000000").removesuffix(":00")
        case date():
            return value.isoformat()
        case bytes():
            return value.hex()
        case list():
            return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)
