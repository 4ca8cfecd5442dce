"""Workbooks going out, made harmless: no text may turn into a formula.

A text that begins like one (= + - @, full-width too, tab, line break) is written as a text cell with Excel's own quote
prefix and the text format: this is the apostrophe that a person types before such a text. It stays text when the cell is
edited, it is not shown, and it is no part of the value, so that an exported list can be imported again unchanged; an
apostrophe written into the value would do neither.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO

from portal.kernel import clock
from portal.kernel.language import _
from portal.kernel.refusals import Invalid

MOST_CELL = 32_767
MOST_SHEET_ROWS = 1_048_576
MOST_SHEET_NAME = 31  # characters that Excel takes for the name of a sheet
TEXT_FORMAT = 49  # Excel's built-in @
_FORMULA_LIKE = tuple("=+-@＝＋－＠﹦﹢﹣﹫−\t\r\n")


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
