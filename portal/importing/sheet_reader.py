"""The child's script that reads one sheet of a workbook: `sheet_reader.py <titles as JSON> <most unpacked> <most rows>`.

Run by `kernel.confined` under its limits, so it imports nothing of the portal. calamine gives the values, of .xlsx and of
the older .xls and .et alike; which cells of an .xlsx are formulas it does not tell, so the sheet's XML is read a second time
for that alone. Of an older workbook nobody tells: there, what a formula gave counts as typed.

Prints {"name": …, "rows": [[number, cells], …], "merged": [[top, left, bottom, right], …], "beside": [text, …]} or
{"refused": code}; a cell as `cells.Cell.of` takes it. `beside` is what stands in the workbook elsewhere, shown or not (other
sheets, their names, comments, headers, drawings, properties), as far as a mark of classification may be in it; of an older
workbook it is whatever text stands anywhere in the file.
"""

from __future__ import annotations

import datetime
import html
import io
import json
import posixpath
import re
import sys
import unicodedata
import zipfile
from xml.parsers import expat

from python_calamine import CalamineSheet, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

MOST_PARTS = 5_000
MOST_COLUMNS = 256
MOST_CHARACTERS = 20_000_000
MOST_MERGED = 20_000
TITLES_WITHIN = 40  # rows from the top in which a header may stand
_SHEET_PART = re.compile(r"xl/(?:work|chart|dialog|macro)sheets/[^/]+\.xml")
_EDGE = re.compile(r"<(?:\w+:)?(?:odd|even|first)(?:Header|Footer)>(.*?)</", re.DOTALL)
_EDGE_CODE = re.compile(r'&"[^"]*"|&[A-Za-z]|&[0-9]+')
_IN_OLD = re.compile(r"[^\x00-\x1f\ufffd]{0,80}密[^\x00-\x1f\ufffd]{0,80}")
_REFERENCE = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})")


class Refused(Exception):
    """The workbook is not read any further; the first argument is the code."""


class Reader:
    """What is told of the elements of an XML part, and of the text in them."""

    def begin(self, name: str, attributes: dict[str, str]) -> None: ...
    def end(self, name: str) -> None: ...
    def text(self, text: str) -> None: ...


class Formulas(Reader):
    """Which cells of a sheet are formulas, single or as part of an array, and which are in error."""

    def __init__(self) -> None:
        self.cells: set[tuple[int, int]] = set()
        self.ranges: list[tuple[int, int, int, int]] = []
        self.errors: dict[tuple[int, int], str] = {}
        self.rows: set[int] = set()
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
                self.rows.add(self._row)
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
                self.rows.add(self._row)
                self._error = None

    def in_row(self, row: int) -> bool:
        """Whether a cell of this row is a formula or in error."""
        return row in self.rows or any(top <= row <= bottom for top, _left, bottom, _right in self.ranges)

    def here(self, row: int, column: int) -> bool:
        return (row, column) in self.cells or any(
            top <= row <= bottom and left <= column <= right for top, left, bottom, right in self.ranges
        )


def read(data: bytes, titles: frozenset[str], most_unpacked: int, most_rows: int) -> dict[str, object]:
    """Of the sheets that are shown the one that bears most of the titles, or the first; rows without content are left out
    but counted."""
    archive = _checked(data, most_unpacked) if data.startswith(b"PK") else None
    if archive is None and "_VBA_PROJECT".encode("utf-16-le") in data:
        raise Refused("macros")
    workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
    sheet = _chosen(workbook, titles)
    if sheet.total_width > MOST_COLUMNS:
        raise Refused("columns")
    formulas = Formulas()
    if archive is not None:
        _parse(archive, _part_of(archive, sheet.name), formulas)

    rows: list[list[object]] = []
    characters = 0
    for number, values in enumerate(sheet.to_python(skip_empty_area=False), start=1):
        if not any(values) and all(value == "" for value in values) and not formulas.in_row(number):
            continue  # a stray cell far below makes a million of these
        cells = [_cell(value, formulas, number, column) for column, value in enumerate(values, start=1)]
        while cells and cells[-1] is None:
            cells.pop()
        if all(cell is None or (isinstance(cell, str) and not cell.strip()) for cell in cells):
            continue
        characters += sum(len(value) for value in values if isinstance(value, str))
        rows.append([number, cells])
        # One more for the header.
        if len(rows) > most_rows + 1:
            raise Refused("rows")
        if characters > MOST_CHARACTERS:
            raise Refused("limit")
    merged = [[top + 1, left + 1, bottom + 1, right + 1] for (top, left), (bottom, right) in sheet.merged_cell_ranges or ()]
    if len(merged) > MOST_MERGED:
        raise Refused("limit")
    beside = _beside_old(data) if archive is None else _beside(archive, workbook, sheet.name)
    return {"name": sheet.name, "rows": rows, "merged": merged, "beside": beside}


def _chosen(workbook: CalamineWorkbook, titles: frozenset[str]) -> CalamineSheet:
    shown = [
        workbook.get_sheet_by_name(sheet.name)
        for sheet in workbook.sheets_metadata
        if sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible
    ]
    if not shown:
        raise Refused("empty")
    return max(shown, key=lambda sheet: _borne(sheet, titles)) if titles and len(shown) > 1 else shown[0]


def _borne(sheet: CalamineSheet, titles: frozenset[str]) -> int:
    """How many of the titles stand in one row near the top."""
    rows = sheet.to_python(skip_empty_area=False, nrows=TITLES_WITHIN) if sheet.total_width <= MOST_COLUMNS else []
    said = [{"".join(unicodedata.normalize("NFKC", str(value)).split()).strip("*") for value in row} for row in rows]
    return max((len(titles & one) for one in said), default=0)


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


class Words(Reader):
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


def _beside_old(data: bytes) -> list[str]:
    # Its texts stand at even places or at odd ones, each behind a count that is no character.
    return [found for shift in (0, 1) for found in _IN_OLD.findall(data[shift:].decode("utf-16-le", "replace"))]


class Relations(Reader):
    """Which part each sheet is."""

    def __init__(self) -> None:
        self.targets: dict[str, str] = {}
        self.sheets: dict[str, str] = {}

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        if _local(name) == "Relationship":
            self.targets[attributes["Id"]] = attributes["Target"]
        elif _local(name) == "sheet":
            if attributes["name"] in self.sheets:
                raise Refused("failed")
            self.sheets[attributes["name"]] = next(value for key, value in attributes.items() if key.endswith(":id"))


def _part_of(archive: zipfile.ZipFile, sheet: str) -> str:
    known = Relations()
    for part in ("xl/_rels/workbook.xml.rels", "xl/workbook.xml"):
        _parse(archive, part, known)
    return posixpath.normpath(posixpath.join("/xl", known.targets[known.sheets[sheet]])).lstrip("/")


def _parse(archive: zipfile.ZipFile, part: str, reader: Reader) -> None:
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


def _cell(value: object, formulas: Formulas, row: int, column: int) -> object:
    error = formulas.errors.get((row, column))
    said = _plain(value) if error is None else {"e": error}
    return {"f": said} if formulas.here(row, column) else said


def _plain(value: object) -> object:
    match value:
        case "":
            return None
        case bool() | str() | int():
            return value
        case float():
            if value != value or abs(value) == float("inf"):
                return {"e": "#NUM!"}
            return int(value) if value.is_integer() and abs(value) < 1e15 else value
        case datetime.datetime() if value.time() != datetime.time():
            return {"t": value.isoformat()}
        case datetime.date():
            return {"d": value.isoformat()[:10]}
        case datetime.time():
            return {"h": value.isoformat()}
    return str(value)


if __name__ == "__main__":
    try:
        titles, most_unpacked, most_rows = sys.argv[1:4]
        answer = read(sys.stdin.buffer.read(), frozenset(json.loads(titles)), int(most_unpacked), int(most_rows))
    except Refused as refused:
        answer = {"refused": str(refused)}
    except PasswordError:
        answer = {"refused": "password"}
    except MemoryError:
        answer = {"refused": "limit"}
    except BaseException:
        # A parser of strangers' files may raise anything, calamine's panics included.
        answer = {"refused": "failed"}
    sys.stdout.write(json.dumps(answer))
