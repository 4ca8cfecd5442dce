"""Each row as an item of named columns, ids by names, sealed words opened."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

from tests.likeness.canon import ID, Played, Row
from tests.likeness.schema import compared
from tests.likeness.tables import MOVED, NAMES, TOGETHER

Columns = dict[str, str]
# A keyed digest, of a word or of what is signed: bound to the row's id and to a key that is made anew.
_KEYED = re.compile(r"(?<![0-9a-f])[0-9a-f]{8}:[0-9a-f]{55,64}(?![0-9a-f])")
_IN_FOURS = re.compile(r"(?:[0-9a-f]{4} ){2}:[0-9a-f]{3}(?: [0-9a-f]{4}){13}")  # as a page shows it


def items_of(played: Played, say_message: Callable[[str, dict[str, Any]], str]) -> Iterator[tuple[str, Columns]]:
    """Every row under the name of its table and its own; a message with its sentence."""
    whole: dict[str, Columns] = defaultdict(dict)
    for table, rows in played.rows.items():
        for row in rows:
            item, columns = f"{_former(table)} {played.name(table, row)}", _columns(played, table, row)
            if table == "message":
                columns["words"] = say_message(row["kind"], json.loads(row["facts"]))
            if table in TOGETHER:
                item = item.partition(" #")[0]
                for column, value in columns.items():
                    whole[item][column] = "\n".join(sorted([*whole[item].get(column, "").splitlines(), value]))
            else:
                for column, value in columns.items():
                    where, _dot, name = MOVED.get(f"{table}.{column}", f"{_former(table)}.{column}").partition(".")
                    whole[f"{where} {played.name(table, row)}"][name] = value
                whole[item] |= {}
    yield from whole.items()
    for whole_name, said in played.order.items():
        yield f"order {whole_name}", {"written": said}


def without_keyed(text: str) -> str:
    """The text with what only this run's key made left out."""
    return _IN_FOURS.sub("…", _KEYED.sub("…", text))


def _former(table: str) -> str:
    return MOVED.get(table, table)


def _columns(played: Played, table: str, row: Row) -> Columns:
    found: Columns = {}
    names = NAMES[table]
    for column in compared(played.tables[table]):
        if column in names or row[column] is None or column in ("plain", "sealed"):
            continue
        kind = played.tables[table].columns[column]
        found[column] = _facts(played, row[column]) if kind == "jsonb" else without_keyed(played.word(table, column, row))
    words = row.get("words") or row.get("plain")
    if words and "sealed" in played.tables[table].columns:
        for name, value in json.loads(words).items():
            if value is not None:
                found[name] = _facts(played, json.dumps(value, ensure_ascii=False, sort_keys=True), secret="words" in row)
    return found


def _facts(played: Played, text: str, *, secret: bool = False) -> str:
    ids = played.names_of_ids()
    said = ID.sub(lambda found: ids.get(found[0], found[0]), without_keyed(text))
    value = _by_names(played, json.loads(said))
    shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
    return f"{SECRET}{shown}" if secret else shown


def _by_names(played: Played, value: Any, key: str = "") -> Any:
    """Facts name what they refer to by a key that ends as the column of a reference does: `lead_unit_id`, `units`."""
    if isinstance(value, dict):
        return {name: _by_names(played, inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [_by_names(played, inner, key) for inner in value]
    if isinstance(value, int) and not isinstance(value, bool):
        for table in ("unit", "person", "post", "delegation", "handover"):
            if key in (f"{table}s", f"{table}_id") or key.endswith(f"_{table}_id"):
                return played.name_of(table, value)
    return value


SECRET = "\N{LOCK}"  # before a word that was sealed: only its digest is kept, however short it is
