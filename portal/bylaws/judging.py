"""Judging the State Council's notice for a year, from a workbook or a pasted list, row by row. Nothing is written.

A year is taken whole or not at all: half a calendar would be a wrong one. The judged days go round as a plain list (one
day a line) in the form that confirms them, where they are judged again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from portal.deadlines.calendar import SATURDAY, CalendarEntry, KindOfDay
from portal.importing.cells import Cell, Row, Sheet
from portal.kernel.language import _
from portal.kernel.refusals import Invalid
from portal.kernel.text import explain, objections, tidy
from portal.vault.screening import classification_mark

COLUMNS = ("日期", "类别", "名称")
DAY, KIND, NAME = COLUMNS
KINDS: dict[str, KindOfDay] = {"放假": "holiday", "调休上班": "makeup"}
_ALSO = {"休": "放假", "休息": "放假", "上班": "调休上班", "调休": "调休上班", "班": "调休上班"}
FESTIVALS = ("元旦", "春节", "清明节", "劳动节", "端午节", "中秋节", "国庆节")
MOST_ROWS = 120
MOST_NAME = 40
MOST_TEXT = 10_000
_SHOWN = 60
_DATE = r"(?:(\d{4})[-/.年])?(\d{1,2})[-/.月](\d{1,2})日?"
_LINE = re.compile(rf"{_DATE}(?:\s*(?:至|到|—|–|~|～)\s*{_DATE})?[\s,，、;；:：]+(\S+)(?:[\s,，、;；:：]+(.*))?")


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing about one row: the value, why it cannot be, what to do. A `warning` keeps nothing out."""

    row: int
    column: str | None
    value: str
    why: str
    fix: str = ""
    warning: bool = False

    @property
    def empty(self) -> bool:
        """There is nothing to show."""
        return not self.value


@dataclass
class Judged:
    """The notice as judged."""

    year: int
    total: int = 0
    days: dict[date, CalendarEntry] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    @property
    def bad(self) -> int:
        """How many rows are wrong."""
        return len({fault.row for fault in self.faults if not fault.warning})

    @property
    def warned(self) -> int:
        """How many things are worth a look."""
        return sum(fault.warning for fault in self.faults)

    @property
    def as_list(self) -> str:
        """The good days as a list that can be judged again."""
        words = {kind: word for word, kind in KINDS.items()}
        return "\n".join(f"{day} {words[e.kind]} {e.name}" for day, e in sorted(self.days.items()))


@dataclass(frozen=True, slots=True)
class _Said:
    """One row as it was written; `first` and `last` are None where it has no date that could be."""

    row: int
    first: date | None
    last: date | None
    day: str
    kind: str
    name: str


def judge_sheet(sheet: Sheet, year: int) -> Judged:
    """Judge a workbook's rows. Refuses (Invalid) a sheet that lacks a column, has no rows or too many."""
    missing = [title for title in COLUMNS if title not in sheet.header]
    if missing:
        raise Invalid(_("工作表缺少这些列：%(columns)s。请用空表的表头。", columns="、".join(missing)))
    judged = Judged(year, len(sheet.rows))
    _refuse_size(judged.total)
    said = []
    for row in sheet.rows:
        cells = {title: sheet.cell(row, title) for title in COLUMNS}
        faults = list(_cell_faults(row, cells))
        judged.faults += faults
        if not faults:
            day = cells[DAY].day
            said.append(_Said(row.number, day, day, *(tidy(cells[title].text) for title in COLUMNS)))
    return _judge(judged, said)


def judge_list(text: str, year: int) -> Judged:
    """Judge a pasted list: a day or a span of days a line, then the kind, then the name (2027-02-05至2027-02-11 放假 春节).
    Refuses (Invalid) an empty list and one that is too long."""
    lines = [(number, tidy(line)) for number, line in enumerate(text.splitlines(), start=1) if tidy(line)]
    judged = Judged(year, len(lines))
    _refuse_size(judged.total)
    return _judge(judged, [said for number, line in lines if (said := _read(judged, number, line)) is not None])


def _refuse_size(rows: int) -> None:
    if not rows:
        raise Invalid(_("没有要导入的日期"))
    if rows > MOST_ROWS:
        raise Invalid(_("行数过多，一年的放假安排最多 %(most)d 行", most=MOST_ROWS))


def _cell_faults(row: Row, cells: dict[str, Cell]) -> Iterator[Fault]:
    for title, cell in cells.items():
        shown = _shown(cell.text)
        if classification_mark(cell.text):
            yield Fault(row.number, title, "", _("带有密级标志，不得在本系统处理"), _("请按保密规定线下办理"))
        elif cell.error:
            yield Fault(row.number, title, shown, _("单元格显示错误值"), _("请改为实际内容"))
        elif cell.formula:
            yield Fault(row.number, title, shown, _("单元格是公式，不是内容"), _("请复制后以“数值”粘贴"))
        elif not tidy(cell.text):
            yield Fault(row.number, title, "", _("必填，不能为空"), _("请补填"))
        elif title == DAY and cell.day is None:
            yield Fault(row.number, title, shown, _("不是日期：是文字或数字"), _("请把单元格设为日期格式后重新填写"))


def _read(judged: Judged, number: int, line: str) -> _Said | None:
    found = _LINE.fullmatch(line)
    if found is None:
        fix = _("写成：日期 类别 名称，如 %(example)s", example=f"{judged.year}-10-01 放假 国庆节")
        judged.faults.append(Fault(number, None, _shown(line), _("看不懂这一行"), fix))
        return None
    first = _date(found[1] or str(judged.year), found[2], found[3])
    last = _date(found[4] or found[1] or str(judged.year), found[5], found[6]) if found[5] else first
    if first is None or last is None or last < first or (last - first).days > MOST_ROWS:
        judged.faults.append(Fault(number, DAY, _shown(line), _("没有这个日期，或起止颠倒"), _("请核对年、月、日")))
        return None
    return _Said(number, first, last, line[: found.start(7)], found[7], found[8] or "")


def _date(year: str, month: str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def _judge(judged: Judged, rows: Iterable[_Said]) -> Judged:
    first_at: dict[date, int] = {}
    for said in rows:
        faults = list(_faults(judged, said, first_at))
        judged.faults += faults
        assert said.first is not None and said.last is not None
        for day in _each(said.first, said.last):
            first_at.setdefault(day, said.row)
            if not faults:
                judged.days[day] = CalendarEntry(_kind(said.kind), said.name, True)
    if judged.days and not judged.bad:
        names = "".join(entry.name for entry in judged.days.values() if entry.kind == "holiday")
        for festival in FESTIVALS:
            if festival not in names:
                why = _("没有列出%(festival)s", festival=festival)
                judged.faults.append(Fault(0, NAME, festival, why, _("请核对通知原文；可以导入"), warning=True))
    judged.faults.sort(key=lambda fault: (fault.row, fault.warning))
    return judged


def _faults(judged: Judged, said: _Said, first_at: dict[date, int]) -> Iterator[Fault]:
    assert said.first is not None and said.last is not None
    days = list(_each(said.first, said.last))
    if any(day.year != judged.year for day in days):
        why = _("不是 %(year)d 年的日期", year=judged.year)
        yield Fault(said.row, DAY, _shown(said.day), why, _("一次导入一年；跨年的假期分别列入各年"))
    twice = next((day for day in days if day in first_at), None)
    if twice is not None:
        why = _("%(day)s与第 %(row)s 行重复", day=twice.isoformat(), row=first_at[twice])
        yield Fault(said.row, DAY, _shown(said.day), why, _("同一天只留一行"))
    kind = KINDS.get(_ALSO.get(said.kind, said.kind))
    if kind is None:
        yield Fault(said.row, KIND, _shown(said.kind), _("不认识的类别"), _("填 %(kinds)s", kinds=" / ".join(KINDS)))
    elif kind == "makeup" and any(day.weekday() < SATURDAY for day in days):
        yield Fault(said.row, KIND, _shown(said.kind), _("这天不是周末，本来就上班"), _("调休上班只能在周六、周日，请核对日期"))
    yield from _name_faults(said)


def _name_faults(said: _Said) -> Iterator[Fault]:
    if not said.name:
        yield Fault(said.row, NAME, "", _("必填，不能为空"), _("填节日的名称"))
    elif classification_mark(said.name):
        yield Fault(said.row, NAME, "", _("带有密级标志，不得在本系统处理"), _("请按保密规定线下办理"))
    else:
        for code in objections(said.name, MOST_NAME, single_line=True):
            yield Fault(said.row, NAME, _shown(said.name), explain(code, MOST_NAME), _("请重新填写名称"))


def _kind(said: str) -> KindOfDay:
    return KINDS[_ALSO.get(said, said)]


def _each(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(number) for number in range((last - first).days + 1))


def _shown(text: str) -> str:
    text = tidy(text)
    clean = "".join("□" if objections(c, single_line=True) else c for c in text[:_SHOWN])
    return clean + "…" if len(text) > _SHOWN else clean
