"""The child's script that reads one sheet of a workbook: `sheet_reader.py <sheet> <most unpacked> <most rows>`.

Run by `kernel.confined` under its limits, so it imports nothing of the portal. calamine gives the values; which cells
are formulas it does not tell, so the sheet's XML is read a second time for that alone.

Prints {"name": …, "rows": [[number, cells], …], "formulas": [[row, column], …], "beside": [text, …]} or {"refused": code};
a date is {"d": ISO}, a time of day {"h": ISO}, a date with time {"t": ISO}, a cell in error {"e": text}. `beside` is what
stands in the workbook elsewhere, shown or not (other sheets, their names, comments, headers, drawings, properties), as far
as a mark of classification may be in it.
"""

from __future__ import annotations

import datetime
import html
import io
import json
import posixpath
import re
import sys
import zipfile
from typing import Any
from xml.parsers import expat

from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

MOST_PARTS = 5_000
MOST_COLUMNS = 256
MOST_CHARACTERS = 20_000_000
_SHEET_PART = re.compile(r"xl/(?:work|chart|dialog|macro)sheets/[^/]+\.xml")
_EDGE = re.compile(r"<(?:\w+:)?(?:odd|even|first)(?:Header|Footer)>(.*?)</", re.DOTALL)
_EDGE_CODE = re.compile(r'&"[^"]*"|&[A-Za-z]|&[0-9]+')
_REFERENCE = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})")


class Refused(Exception):
    """The workbook is not read any further; the first argument is the code."""


class Formulas:
    """Which cells of a sheet are formulas, single or as part of an array, and which are in error."""

    def __init__(self) -> None:
        self.cells: set[tuple[int, int]] = set()
        self.ranges: list[tuple[int, int, int, int]] = []
        self.errors: dict[tuple[int, int], str] = {}
        self._rows: set[int] | None = None
        self._row = self._column = 0
        self._error: list[str] | None = None
        self._in_value = False

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        match _local(name):
            case "row":
                self._row = int(attributes.get("r", self._row + 1))
                self._column = 0
            case "c":
                if "r" in attributes:
                    self._row, self._column = _place(attributes["r"])
                else:
                    self._column += 1
                self._error = [] if attributes.get("t") == "e" else None
            case "v":
                self._in_value = True
            case "f":
                self.cells.add((self._row, self._column))
                if "ref" in attributes and attributes.get("t") in {"array", "dataTable"}:
                    first, _colon, last = attributes["ref"].partition(":")
                    self.ranges.append((*_place(first), *_place(last or first)))
                    if len(self.ranges) > 1_000:
                        raise Refused("limit")

    def text(self, text: str) -> None:
        if self._in_value and self._error is not None:
            self._error.append(text)

    def end(self, name: str) -> None:
        match _local(name):
            case "v":
                self._in_value = False
            case "c" if self._error is not None:
                self.errors[self._row, self._column] = "".join(self._error)[:20] or "#ERROR"
                self._error = None

    def in_row(self, row: int) -> bool:
        """Whether a cell of this row is a formula or in error."""
        if self._rows is None:
            self._rows = {row for row, _column in (*self.cells, *self.errors)}
        return row in self._rows or any(top <= row <= bottom for top, _left, bottom, _right in self.ranges)

    def here(self, row: int, column: int) -> bool:
        return (row, column) in self.cells or any(
            top <= row <= bottom and left <= column <= right for top, left, bottom, right in self.ranges
        )


def read(data: bytes, wanted: str, most_unpacked: int, most_rows: int) -> dict[str, Any]:
    """The wanted sheet, or the first that is shown; rows without content are left out but counted."""
    archive = _checked(data, most_unpacked)
    workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
    shown = [
        sheet.name
        for sheet in workbook.sheets_metadata
        if sheet.typ == SheetTypeEnum.WorkSheet and (sheet.visible == SheetVisibleEnum.Visible or sheet.name == wanted)
    ]
    if wanted and wanted not in shown:
        raise Refused("no sheet")
    if not shown:
        raise Refused("empty")
    name = wanted or shown[0]
    sheet = workbook.get_sheet_by_name(name)
    if sheet.total_width > MOST_COLUMNS:
        raise Refused("columns")
    formulas = Formulas()
    _parse(archive, _part_of(archive, name), formulas)

    rows: list[list[Any]] = []
    marked: list[list[int]] = []
    characters = 0
    for number, values in enumerate(sheet.to_python(skip_empty_area=False), start=1):
        if not any(values) and all(value == "" for value in values) and not formulas.in_row(number):
            continue  # a stray cell far below makes a million of these
        cells = [_cell(value, formulas.errors.get((number, column))) for column, value in enumerate(values, start=1)]
        calculated = [column for column in range(1, len(cells) + 1) if formulas.here(number, column)]
        while cells and cells[-1] is None and len(cells) not in calculated:
            cells.pop()
        if not calculated and all(cell is None or (isinstance(cell, str) and not cell.strip()) for cell in cells):
            continue
        characters += sum(len(cell) for cell in cells if isinstance(cell, str))
        rows.append([number, cells])
        marked += [[number, column] for column in calculated]
        # One more for the header.
        if len(rows) > most_rows + 1:
            raise Refused("rows")
        if characters > MOST_CHARACTERS:
            raise Refused("limit")
    return {"name": name, "rows": rows, "formulas": marked, "beside": _beside(archive, workbook, name)}


def _checked(data: bytes, most_unpacked: int) -> zipfile.ZipFile:
    archive = zipfile.ZipFile(io.BytesIO(data))
    parts = archive.infolist()
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > most_unpacked:
        raise Refused("unpacked")
    if any(part.flag_bits & 1 for part in parts):
        raise Refused("password")
    names = [part.filename.lower() for part in parts]
    # Two parts of one name would let the two readings below see different sheets.
    if len(set(names)) != len(names):
        raise Refused("failed")
    if "xl/workbook.xml" not in names:
        raise Refused("not a workbook")
    if any(name.endswith("vbaproject.bin") for name in names):
        raise Refused("macros")
    return archive


class Words:
    """The words of a part that is no sheet, a line for each comment, paragraph or property."""

    _TEXT = frozenset({"t", "text", "title", "subject", "keywords", "description", "category"})
    _LINES = frozenset({"comment", "p", "si", *_TEXT - {"t"}})

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self._inside = 0

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        self._inside += _local(name) in self._TEXT

    def end(self, name: str) -> None:
        self._inside -= _local(name) in self._TEXT
        if _local(name) in self._LINES:
            self.pieces.append("\n")

    def text(self, text: str) -> None:
        if self._inside:
            self.pieces.append(text)


def _beside(archive: zipfile.ZipFile, workbook: CalamineWorkbook, name: str) -> list[str]:
    found = list(workbook.sheet_names)
    for other in workbook.sheets_metadata:
        if other.typ == SheetTypeEnum.WorkSheet and other.name != name:
            rows = workbook.get_sheet_by_name(other.name).to_python(skip_empty_area=True)
            found += [value for row in rows for value in row if isinstance(value, str)]
    for part in archive.namelist():
        if _SHEET_PART.fullmatch(part.lower()):
            edges = _EDGE.findall(archive.read(part).decode("utf-8", "replace"))
            found += [_EDGE_CODE.sub("\n", html.unescape(words)) for words in edges]
        elif part.lower().endswith(".xml") and not part.lower().endswith(("sharedstrings.xml", "styles.xml")):
            words = Words()
            _parse(archive, part, words)
            found.append("".join(words.pieces))
    marked = [text for text in found if "密" in text]
    if sum(map(len, marked)) > MOST_CHARACTERS:
        raise Refused("limit")
    return marked


def _part_of(archive: zipfile.ZipFile, sheet: str) -> str:
    relations: dict[str, str] = {}
    sheets: dict[str, str] = {}

    class Relations:
        def begin(self, name: str, attributes: dict[str, str]) -> None:
            if _local(name) == "Relationship":
                relations[attributes["Id"]] = attributes["Target"]
            elif _local(name) == "sheet":
                identifier = next(value for key, value in attributes.items() if key.endswith(":id"))
                if attributes["name"] in sheets:
                    raise Refused("failed")
                sheets[attributes["name"]] = identifier

        def end(self, name: str) -> None: ...

        def text(self, text: str) -> None: ...

    for part in ("xl/_rels/workbook.xml.rels", "xl/workbook.xml"):
        _parse(archive, part, Relations())
    return posixpath.normpath(posixpath.join("/xl", relations[sheets[sheet]])).lstrip("/")


def _parse(archive: zipfile.ZipFile, part: str, reader: Any) -> None:
    def doctype(*_ignored: object) -> None:
        raise Refused("failed")

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = reader.begin
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = doctype
    with archive.open(part) as file:
        while chunk := file.read(65536):
            parser.Parse(chunk)
    parser.Parse(b"", True)


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _place(reference: str) -> tuple[int, int]:
    found = _REFERENCE.fullmatch(reference)
    if not found:
        raise Refused("failed")
    column = 0
    for letter in found[1]:
        column = column * 26 + ord(letter) - 64
    return int(found[2]), column


def _cell(value: Any, error: str | None) -> Any:
    if error is not None:
        return {"e": error}
    match value:
        case "":
            return None
        case bool() | str() | int():
            return value
        case float():
            if value != value or abs(value) == float("inf"):
                return {"e": "#NUM!"}
            return int(value) if value.is_integer() and abs(value) < 1e15 else value
        case datetime.datetime():
            midnight = value.time() == datetime.time()
            return {"d": value.date().isoformat()} if midnight else {"t": value.isoformat()}
        case datetime.date():
            return {"d": value.isoformat()}
        case datetime.time():
            return {"h": value.isoformat()}
    return str(value)


if __name__ == "__main__":
    try:
        wanted, most_unpacked, most_rows = sys.argv[1:4]
        answer = read(sys.stdin.buffer.read(), wanted, int(most_unpacked), int(most_rows))
    except Refused as refused:
        answer = {"refused": str(refused)}
    except MemoryError:
        answer = {"refused": "limit"}
    except BaseException:
        # A parser of strangers' files may raise anything, calamine's panics included.
        answer = {"refused": "failed"}
    sys.stdout.write(json.dumps(answer))
