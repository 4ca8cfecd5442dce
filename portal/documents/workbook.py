"""Workbooks in and out: what is taken for a workbook, what its cells are, and how an export is made harmless.

Coming in, a workbook is a stranger's file: it is read in a confined child process, and what is not a plain .xlsx is
refused with a sentence. A cell says whether it is a formula and whether its date is a true one; judging the rows is
the business of whoever imports them.

Going out, no text may turn into a formula. A text that begins like one (= + - @, full-width too, tab, line break) is
written as a text cell with Excel's own quote prefix and the text format: this is the apostrophe that a person types
before such a text. It stays text when the cell is edited, it is not shown, and it is no part of the value, so that an
exported list can be imported again unchanged; an apostrophe written into the value would do neither.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO

from portal.kernel import clock
from portal.kernel.confined import Unreadable, run_confined
from portal.kernel.language import _
from portal.kernel.refusals import Invalid

MEGABYTE = 1024 * 1024
MOST_CELL = 32_767
MOST_SHEET_ROWS = 1_048_576
MOST_SHEET_NAME = 31  # characters that Excel takes for the name of a sheet
TEXT_FORMAT = 49  # Excel's built-in @
_READER = Path(__file__).with_name("sheet_reader.py")
_FORMULA_LIKE = tuple("=+-@＝＋－＠﹦﹢﹣﹫−\t\r\n")

Value = str | int | float | bool | date | datetime | time | None


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell. `formula` when its value was calculated; `error` when it shows one (#N/A), which is then its value."""

    value: Value = None
    formula: bool = False
    error: bool = False

    @property
    def text(self) -> str:
        """The value as a person would have typed it; empty for an empty cell."""
        return "" if self.value is None else str(self.value)

    @property
    def day(self) -> date | None:
        """The date, if this is a true one; a date typed as text or number is none."""
        if isinstance(self.value, datetime):
            return self.value.date()
        return self.value if isinstance(self.value, date) else None


EMPTY = Cell()


@dataclass(frozen=True, slots=True)
class Row:
    """One row with its number in the workbook, counted from 1 as Excel shows it."""

    number: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet: its header's titles and the rows below that are not empty, each at least as wide as the header. `above`
    is what stands over the header and is no row; `beside` what stands elsewhere in the workbook and may bear a mark of
    classification."""

    name: str
    header: tuple[str, ...]
    rows: list[Row]
    above: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()

    def cell(self, row: Row, title: str) -> Cell:
        """The row's cell under this title; an empty cell where the sheet has no such column."""
        return row.cells[self.header.index(title)] if title in self.header else EMPTY


def read_rows(
    data: bytes,
    *,
    sheet: str | None = None,
    titles: Collection[str] = (),
    max_bytes: int = 10 * MEGABYTE,
    max_unpacked: int = 100 * MEGABYTE,
    max_rows: int = 20_000,
) -> Sheet:
    """Read one sheet (the first that is shown, if none is named) of an .xlsx workbook.

    The header is the first row, or, when `titles` are named, the one of the first ten that holds most of them.
    Refuses (Invalid) what is no workbook, is protected by a password, or exceeds the limits.
    """
    if len(data) > max_bytes:
        raise Invalid(_("工作簿过大，最多 %(most)s MB。", most=max_bytes // MEGABYTE))
    _must_be_xlsx(data)
    try:
        found = run_confined(_READER, data, sheet or "", str(max_unpacked), str(max_rows), seconds=20, memory=1024)
    except Unreadable as error:
        raise Invalid(_why_unreadable(error.reason, max_rows)) from None
    formulas = {(row, column) for row, column in found["formulas"]}
    rows = [
        Row(
            number,
            tuple(_cell(value, (number, column) in formulas) for column, value in enumerate(cells, start=1)),
        )
        for number, cells in found["rows"]
    ]
    if not rows:
        raise Invalid(_why_unreadable("empty", max_rows))
    return replace(_under_header(found["name"], rows, titles), beside=tuple(found["beside"]))


def write(
    target: Path | BinaryIO,
    sheet_name: str,
    header: Sequence[str],
    rows: Iterable[Sequence[Any]],
    widths: Sequence[float] = (),
    *,
    spool: bool = False,
) -> None:
    """Write one sheet with a header that stays in sight; `widths` in characters.

    Times are written as the office's wall clock shows them. Nothing touches the disk on the way, because a list may
    hold confidential rows; `spool` lets a very long open list go through temporary files instead of memory.
    """
    options = {
        "constant_memory": spool,
        "in_memory": not spool,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    import xlsxwriter  # slow to load, and few ask for a workbook

    with xlsxwriter.Workbook(target, options) as book:
        book.set_properties({"created": clock.local(clock.now()).replace(tzinfo=None)})
        sheet = book.add_worksheet(sheet_name[:MOST_SHEET_NAME])
        pen = _Pen(book, sheet)
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width)
        sheet.freeze_panes(1, 0)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
        for column, title in enumerate(header):
            sheet.write_string(0, column, str(title), pen.title)
        number = 0
        for number, row in enumerate(rows, start=1):
            if number >= MOST_SHEET_ROWS:
                raise Invalid(_("行数过多，一个工作表放不下，请先筛选再导出。"))
            for column, value in enumerate(row):
                pen.write(number, column, value)
        if header:
            sheet.autofilter(0, 0, number, len(header) - 1)


class _Pen:
    """Writes values so that each stays what it is."""

    def __init__(self, book: Any, sheet: Any) -> None:
        look = {"valign": "top", "text_wrap": True}
        self._sheet = sheet
        self.title = book.add_format({"bold": True, "text_wrap": True, "valign": "vcenter", "bottom": 1})
        self._text = book.add_format(look)
        self._quoted = book.add_format(look | {"num_format": TEXT_FORMAT, "quote_prefix": True})
        self._date = book.add_format(look | {"num_format": "yyyy-mm-dd"})
        self._moment = book.add_format(look | {"num_format": "yyyy-mm-dd hh:mm"})
        self._time = book.add_format(look | {"num_format": "hh:mm"})

    def write(self, row: int, column: int, value: Any) -> None:
        match value:
            case None | "":
                return
            case bool():
                self._sheet.write_boolean(row, column, value, self._text)
            case int() | float() | Decimal():
                self._sheet.write_number(row, column, value, self._text)
            case datetime():
                shown = clock.local(value).replace(tzinfo=None) if value.tzinfo else value
                self._sheet.write_datetime(row, column, shown, self._moment)
            case date():
                self._sheet.write_datetime(row, column, value, self._date)
            case time():
                self._sheet.write_datetime(row, column, value, self._time)
            case _:
                text = _fitting(str(value))
                look = self._quoted if text.lstrip(" \xa0\u3000").startswith(_FORMULA_LIKE) else self._text
                self._sheet.write_string(row, column, text, look)


def _fitting(text: str) -> str:
    # Excel's own limit; a longer text would be left out without a word.
    if len(text) <= MOST_CELL:
        return text
    note = _("……（原文过长，此处未完）")
    return text[: MOST_CELL - len(note)] + note


def _must_be_xlsx(data: bytes) -> None:
    if data.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise Invalid(_why_unreadable("password"))
        raise Invalid(_("这是旧格式（.xls 或 .et）的工作簿，请另存为 .xlsx 后再上传。"))
    if not data.startswith(b"PK\x03\x04"):
        raise Invalid(_("这不是 .xlsx 工作簿（CSV 等文本文件请先另存为 .xlsx）。"))


def _why_unreadable(reason: str, max_rows: int = 0) -> str:
    return {
        "password": _("工作簿设有密码，请解除密码后再上传。"),
        "macros": _("工作簿含有宏，请另存为不含宏的 .xlsx 后再上传。"),
        "not a workbook": _("这不是 .xlsx 工作簿（CSV 等文本文件请先另存为 .xlsx）。"),
        "no sheet": _("工作簿里没有所要的工作表。"),
        "empty": _("工作表是空的。"),
        "rows": _("行数过多，一次最多 %(most)s 行，请分几次导入。", most=max_rows),
        "columns": _("列数过多，请删除多余的列。"),
        "unpacked": _("工作簿展开后过大，请分成几个文件。"),
        "limit": _("工作簿展开后过大，请分成几个文件。"),
    }.get(reason, _("工作簿已损坏，无法读取，请另存后再上传。"))


def _cell(value: Any, formula: bool) -> Cell:
    match value:
        case {"d": day}:
            return Cell(date.fromisoformat(day), formula)
        case {"t": moment}:
            return Cell(datetime.fromisoformat(moment), formula)
        case {"h": hour}:
            return Cell(time.fromisoformat(hour), formula)
        case {"e": error}:
            return Cell(error, formula, error=True)
    return Cell(value, formula)


def _under_header(name: str, rows: list[Row], titles: Collection[str]) -> Sheet:
    # A register often has its name written above the header.
    at = max(range(min(10, len(rows))), key=lambda i: (len(set(titles) & set(_titles(rows[i]))), -i))
    header = _titles(rows[at])
    while header and not header[-1]:
        header.pop()
    twice = [title for title, times in Counter(header).items() if title and times > 1]
    if twice:
        raise Invalid(_("表头“%(title)s”重复出现，请改正后再上传。", title=twice[0]))
    width = len(header)
    return Sheet(
        name,
        tuple(header),
        [Row(row.number, row.cells + (EMPTY,) * (width - len(row.cells))) for row in rows[at + 1 :]],
        tuple(cell.text for row in rows[:at] for cell in row.cells),
    )


def _titles(row: Row) -> list[str]:
    return ["".join(cell.text.split()) for cell in row.cells]
