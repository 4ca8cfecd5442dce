"""The child's script that reads a table written as text (CSV): `text_reader.py <most rows>`.

Run by `kernel.confined` under its limits, like `sheet_reader`, and answers as it does. The text is UTF-8 or UTF-16 with a
mark of its order, else UTF-8 or GB18030; its columns are parted by commas, tabs or semicolons. All cells are text.
"""

from __future__ import annotations

import codecs
import csv
import io
import json
import re
import sys

MOST_COLUMNS = 256
MOST_CELL = 32_767
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


class Refused(Exception):
    """The text is not read any further; the first argument is the code."""


def read(data: bytes, most_rows: int) -> dict[str, object]:
    """The rows that hold anything, with the numbers that a spreadsheet would show."""
    text = _decoded(data)
    first = text[:10_000]
    parting = max(",\t;", key=first.count)
    if parting not in first or _CONTROL.search(text):
        raise Refused("not a workbook")
    csv.field_size_limit(MOST_CELL)
    rows: list[list[object]] = []
    for number, values in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=parting), start=1):
        if not any(value.strip() for value in values):
            continue
        if len(values) > MOST_COLUMNS:
            raise Refused("columns")
        rows.append([number, [value or None for value in values]])
        if len(rows) > most_rows + 1:
            raise Refused("rows")
    return {"name": "CSV", "rows": rows, "merged": [], "beside": []}


def _decoded(data: bytes) -> str:
    marked = next((name for mark, name in _MARKS.items() if data.startswith(mark)), None)
    for encoding in [marked] if marked else ["utf-8", "gb18030"]:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Refused("not a workbook")


if __name__ == "__main__":
    try:
        answer = read(sys.stdin.buffer.read(), int(sys.argv[1]))
    except Refused as refused:
        answer = {"refused": str(refused)}
    except MemoryError:
        answer = {"refused": "limit"}
    except csv.Error:
        answer = {"refused": "failed"}
    sys.stdout.write(json.dumps(answer))
