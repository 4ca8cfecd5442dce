"""Reading a workbook: what is taken for one, which sheet, and where its table begins and ends.

A workbook is a stranger's file: it is read in a confined child process, and what is none, or too much, is refused with a
sentence. An office's table is more than header and rows: its name above, a header of two lines or one with hints below it,
totals, notes at the end, cells merged over several rows. What is no row is passed over, and named.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from portal.importing.cells import EMPTY, Cell, Row, Sheet
from portal.importing.columns import Column, anything, plain_title, shown
from portal.kernel.confined import Unreadable, run_confined
from portal.kernel.language import _
from portal.kernel.refusals import Invalid

MEGABYTE = 1024 * 1024
_SHEET_READER = Path(__file__).with_name("sheet_reader.py")
_TEXT_READER = Path(__file__).with_name("text_reader.py")
_OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HEADER_WITHIN = 10
_TOTALS = re.compile("(?:合|总|小|共|累)计(?:[:：(（].*)?")
_NOTE = re.compile(
    "(?:(?:填表|填报|制表|报送|审核|复核|经办|联系|单位)?(?:人|单位|日期|时间|电话|说明|负责人)|注|备注|附注|说明|制表|审核|数据来源)"
    r"\d*[:：、.].*",
    re.DOTALL,
)
_HINT = re.compile(r"[(\[【〔].*[)\]】〕]|\d{1,3}", re.DOTALL)
_BRACKETED = re.compile(r"\([^()]*\)$")


def read_rows(
    data: bytes,
    *,
    columns: Iterable[Column[object]] = (),
    titles: Collection[str] = (),
    max_bytes: int = 10 * MEGABYTE,
    max_unpacked: int = 100 * MEGABYTE,
    max_rows: int = 20_000,
) -> Sheet:
    """Read one sheet of an .xlsx, .xls or .et workbook, or a CSV file: the one that bears most of the columns' titles (or of
    the `titles`, of which no more is known), else the first that is shown.

    The header is the row of the first ten that holds most of them, or two rows that hold more together; else the first.
    Refuses (Invalid) what is no workbook, is protected by a password, or exceeds the limits.
    """
    if len(data) > max_bytes:
        raise Invalid(_("工作簿过大，最多 %(most)s MB。", most=max_bytes // MEGABYTE))
    known = [*columns, *(Column(title, anything) for title in titles)]
    try:
        found = _read(data, known, max_unpacked, max_rows)
    except Unreadable as error:
        old = data.startswith(_OLD) and error.reason == "failed"
        raise Invalid(_why_unreadable("old" if old else error.reason, max_rows)) from None
    rows = [Row(number, tuple(map(Cell.of, cells))) for number, cells in found["rows"]]
    if not rows:
        raise Invalid(_why_unreadable("empty", max_rows))
    return _Table(rows, [tuple(one) for one in found["merged"]], known).sheet(found["name"], found["beside"])


def _read(data: bytes, columns: Sequence[Column[object]], max_unpacked: int, max_rows: int):  # type: ignore[no-untyped-def]
    """The child's answer."""
    if not data.startswith((b"PK\x03\x04", _OLD)):
        return run_confined(_TEXT_READER, data, str(max_rows), seconds=20, memory=1024)
    if data.startswith(_OLD) and "EncryptedPackage".encode("utf-16-le") in data:
        raise Unreadable("password")
    titles = json.dumps([plain_title(title) for column in columns for title in (column.title, *column.also)])
    return run_confined(_SHEET_READER, data, titles, str(max_unpacked), str(max_rows), seconds=20, memory=1024)


def _why_unreadable(reason: str, max_rows: int) -> str:
    return {
        "password": _("工作簿设有密码，请解除密码后再上传。"),
        "macros": _("工作簿含有宏，请另存为不含宏的 .xlsx 后再上传。"),
        "not a workbook": _("这不是 .xlsx 工作簿，也不是可以读取的 .xls、.et 或 CSV 文件，请另存为 .xlsx 后再上传。"),
        "old": _("这是旧格式（.xls 或 .et）的工作簿，请另存为 .xlsx 后再上传。"),
        "empty": _("工作表是空的。"),
        "rows": _("行数过多，一次最多 %(most)s 行，请分几次导入。", most=max_rows),
        "columns": _("列数过多，请删除多余的列。"),
        "unpacked": _("工作簿展开后过大，请分成几个文件。"),
        "limit": _("工作簿展开后过大，请分成几个文件。"),
    }.get(reason, _("工作簿已损坏，无法读取，请另存后再上传。"))


@dataclass(frozen=True, slots=True)
class _Header:
    """The titles, a column each; in which row they begin, and how many rows they take."""

    titles: list[str]
    at: int
    lines: int


class _Table:
    """A sheet's rows while its header, its rows and what is neither are told apart."""

    def __init__(self, rows: list[Row], merged: list[tuple[int, ...]], columns: Sequence[Column[object]]) -> None:
        self.rows, self.merged = rows, merged
        self.known = {plain_title(name): column.title for column in columns for name in (*column.also, column.title)}
        self.names = {column.title for column in columns}
        self.required = {column.title for column in columns if column.required}
        self.fill = {column.title for column in columns if column.fill}

    def sheet(self, name: str, beside: Sequence[str]) -> Sheet:
        """The table under its header. Refuses (Invalid) a title that stands there twice."""
        header = self._header()
        twice = [title for title, times in Counter(header.titles).items() if title and times > 1]
        if twice:
            raise Invalid(_("表头“%(title)s”重复出现，请改正后再上传。", title=twice[0]))
        width = len(header.titles)
        below = self.rows[header.at + header.lines :]
        passed = {row.number: (_lead(row), row) for row in self._passed(header, below)}
        kept = [Row(row.number, row.cells + (EMPTY,) * (width - len(row.cells))) for row in below if row.number not in passed]
        around = (*self.rows[: header.at + header.lines], *(row for _lead, row in passed.values()))
        return Sheet(
            name,
            tuple(header.titles),
            self._filled(header, kept),
            tuple(cell.text for row in around for cell in row.cells),
            tuple((number, shown(lead)) for number, (lead, _row) in passed.items()),
            tuple(beside),
        )

    def _header(self) -> _Header:
        found = []
        for at, row in enumerate(self.rows[:_HEADER_WITHIN]):
            found.append(_Header(self._titles([(cell.text,) for cell in row.cells]), at, 1))
            if at + 1 < len(self.rows) and self.names:
                found.append(_Header(self._titles(self._two_lines(row, self.rows[at + 1])), at, 2))
        best = max(found, key=lambda one: (len(self.names & set(one.titles)), -one.lines, -one.at))
        while best.titles and not best.titles[-1]:
            best.titles.pop()
        return best

    def _two_lines(self, upper: Row, lower: Row) -> list[tuple[str, ...]]:
        """For each column what may be its title: the lower line, the upper, and both, the upper as far as it is merged."""
        width = max(len(upper.cells), len(lower.cells))
        over, under = ([cell.text for cell in row.cells] + [""] * (width - len(row.cells)) for row in (upper, lower))
        wide = over.copy()
        for top, left, _bottom, right in self.merged:
            if top == upper.number:
                wide[left - 1 : right] = [over[left - 1] if left <= width else ""] * len(wide[left - 1 : right])
        return [(low, high, spread + low) for low, high, spread in zip(under, over, wide, strict=True)]

    def _titles(self, said: Sequence[tuple[str, ...]]) -> list[str]:
        """What stands over each column, under the column's own name where it is known by another one."""
        plain = [[plain_title(one) for one in ways] for ways in said]
        exact = {one for ways in plain for one in ways} & set(map(plain_title, self.names))
        titles = []
        for typed, ways in zip(said, plain, strict=True):
            meant = (self.known.get(one) or self.known.get(_BRACKETED.sub("", one)) for one in ways)
            name = next((one for one in meant if one), None)
            taken = name is not None and plain_title(name) in exact and plain_title(name) not in ways
            titles.append(name if name and not taken else next(("".join(one.split()) for one in typed if one), ""))
        return titles

    def _passed(self, header: _Header, below: Sequence[Row]) -> list[Row]:
        """Hints under the header, totals, and the notes at the end; none where it is not known what a row must hold."""
        if not self.required & set(header.titles):
            return []
        hints = below[:1] if below and _is_hint(below[0]) else below[:0]
        totals = [row for row in below if _TOTALS.fullmatch(_lead(row)) and self._lacking(header, row)]
        notes: Sequence[Row] = ()
        for at in range(len(below) - 1, -1, -1):
            lacking, noted = self._lacking(header, below[at]), bool(_NOTE.fullmatch(_lead(below[at])))
            if not lacking or (2 * lacking < len(self.required) and not noted and below[at] not in totals):
                break
            if noted:
                notes = below[at:]
        return [*hints, *(row for row in totals if row not in notes), *notes]

    def _lacking(self, header: _Header, row: Row) -> int:
        """How many of the cells that a row must have are empty in this one."""
        return sum(
            at >= len(row.cells) or not row.cells[at].text.strip()
            for at, title in enumerate(header.titles)
            if title in self.required
        )

    def _filled(self, header: _Header, rows: list[Row]) -> list[Row]:
        """The rows with what a merged cell says for all of them, in the columns that allow it."""
        numbers, cells = [row.number for row in rows], [list(row.cells) for row in rows]
        until: dict[int, int] = {}
        for top, left, bottom, _right in sorted(self.merged):
            if top <= until.get(left, 0) or left > len(header.titles) or header.titles[left - 1] not in self.fill:
                continue  # one that lies over another is none, and would cost as often as it is claimed
            until[left] = bottom
            first, last = bisect_left(numbers, top), bisect_right(numbers, bottom)
            if numbers[first : first + 1] == [top]:
                for one in cells[first + 1 : last]:
                    one[left - 1] = cells[first][left - 1]
        return [Row(number, tuple(row)) for number, row in zip(numbers, cells, strict=True)]


def _lead(row: Row) -> str:
    """What the row begins with, without blanks."""
    return next((said for cell in row.cells if (said := "".join(cell.text.split()))), "")


def _is_hint(row: Row) -> bool:
    """Whether the row says how each column is filled in: in brackets, or by its number."""
    filled = [plain_title(cell.text) for cell in row.cells if cell.text.strip()]
    counted = [one for one in filled if one.isdigit()] == [str(number) for number in range(1, len(filled) + 1)]
    return bool(filled) and all(map(_HINT.fullmatch, filled)) and (counted or not any(one.isdigit() for one in filled))
