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
from portal.importing.cells import Sheet
from portal.importing.columns import Column, anything, day, shown
from portal.importing.judging import Judged, RowError, RowJudge, refuse_unfit
from portal.kernel.language import _
from portal.kernel.refusals import Invalid
from portal.kernel.text import explain, objections, tidy
from portal.vault.screening import classification_mark

DAY = Column("日期", day, required=True, width=14)
KIND = Column("类别", anything, required=True, fill=True, width=14)
NAME = Column("名称", anything, required=True, also=("节日", "节日名称"), fill=True, width=20)
SHEET: tuple[Column[object], ...] = (DAY, KIND, NAME)
COLUMNS = tuple(column.title for column in SHEET)
KINDS: dict[str, KindOfDay] = {"放假": "holiday", "调休上班": "makeup"}
_ALSO = {"休": "放假", "休息": "放假", "上班": "调休上班", "调休": "调休上班", "班": "调休上班"}
FESTIVALS = ("元旦", "春节", "清明节", "劳动节", "端午节", "中秋节", "国庆节")
MOST_ROWS = 120
MOST_NAME = 40
MOST_TEXT = 10_000
_DATE = r"(?:(\d{4})[-/.年])?(\d{1,2})[-/.月](\d{1,2})日?"
_LINE = re.compile(rf"{_DATE}(?:\s*(?:至|到|—|–|~|～)\s*{_DATE})?[\s,，、;；:：]+(\S+)(?:[\s,，、;；:：]+(.*))?")


@dataclass
class Notice(Judged[date]):
    """The notice as judged."""

    year: int = 0
    days: dict[date, CalendarEntry] = field(default_factory=dict)

    @property
    def bad(self) -> int:
        """How many rows are wrong."""
        return len(self.bad_rows)

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


def judge_sheet(sheet: Sheet, year: int) -> Notice:
    """Judge a workbook's rows. Refuses (Invalid) a sheet that lacks a column, has no rows or too many."""
    refuse_unfit(sheet, SHEET, MOST_ROWS)
    notice = Notice(sheet.name, len(sheet.rows), passed=list(sheet.passed), year=year)
    said = []
    for row in sheet.rows:
        judge = RowJudge(sheet, row)
        on, kind, name = judge.get(DAY), judge.get(KIND), judge.get(NAME)
        notice.faults += judge.errors
        if on is not None and kind is not None and name is not None:
            said.append(_Said(row.number, on, on, judge.typed(DAY.title), kind, name))
    return _judge(notice, said)


def judge_list(text: str, year: int) -> Notice:
    """Judge a pasted list: a day or a span of days a line, then the kind, then the name (2027-02-05至2027-02-11 放假 春节).
    Refuses (Invalid) an empty list and one that is too long."""
    lines = [(number, tidy(line)) for number, line in enumerate(text.splitlines(), start=1) if tidy(line)]
    notice = Notice(total=len(lines), year=year)
    _refuse_size(notice.total)
    return _judge(notice, [said for number, line in lines if (said := _read(notice, number, line)) is not None])


def _refuse_size(rows: int) -> None:
    if not rows:
        raise Invalid(_("没有要导入的日期"))
    if rows > MOST_ROWS:
        raise Invalid(_("行数过多，一年的放假安排最多 %(most)d 行", most=MOST_ROWS))


def _read(notice: Notice, number: int, line: str) -> _Said | None:
    found = _LINE.fullmatch(line)
    if found is None:
        fix = _("写成：日期 类别 名称，如 %(example)s", example=f"{notice.year}-10-01 放假 国庆节")
        notice.faults.append(RowError(number, None, shown(line), _("看不懂这一行"), fix))
        return None
    first = _date(found[1] or str(notice.year), found[2], found[3])
    last = _date(found[4] or found[1] or str(notice.year), found[5], found[6]) if found[5] else first
    if first is None or last is None or last < first or (last - first).days > MOST_ROWS:
        notice.faults.append(RowError(number, DAY.title, shown(line), _("没有这个日期，或起止颠倒"), _("请核对年、月、日")))
        return None
    return _Said(number, first, last, line[: found.start(7)], found[7], found[8] or "")


def _date(year: str, month: str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def _judge(notice: Notice, rows: Iterable[_Said]) -> Notice:
    first_at: dict[date, int] = {}
    for said in rows:
        faults = list(_faults(notice, said, first_at))
        notice.faults += faults
        assert said.first is not None and said.last is not None
        for one in _each(said.first, said.last):
            first_at.setdefault(one, said.row)
            if not faults:
                notice.days[one] = CalendarEntry(_kind(said.kind), said.name, True)
    if notice.days and not notice.bad:
        names = "".join(entry.name for entry in notice.days.values() if entry.kind == "holiday")
        for festival in FESTIVALS:
            if festival not in names:
                why = _("没有列出%(festival)s", festival=festival)
                notice.faults.append(RowError(0, NAME.title, festival, why, _("请核对通知原文；可以导入"), warning=True))
    notice.faults.sort(key=lambda fault: (fault.row, fault.warning))
    return notice


def _faults(notice: Notice, said: _Said, first_at: dict[date, int]) -> Iterator[RowError]:
    assert said.first is not None and said.last is not None
    days = list(_each(said.first, said.last))
    if any(day.year != notice.year for day in days):
        why = _("不是 %(year)d 年的日期", year=notice.year)
        yield RowError(said.row, DAY.title, shown(said.day), why, _("一次导入一年；跨年的假期分别列入各年"))
    twice = next((day for day in days if day in first_at), None)
    if twice is not None:
        why = _("%(day)s与第 %(row)s 行重复", day=twice.isoformat(), row=first_at[twice])
        yield RowError(said.row, DAY.title, shown(said.day), why, _("同一天只留一行"))
    kind = KINDS.get(_ALSO.get(said.kind, said.kind))
    if kind is None:
        yield RowError(said.row, KIND.title, shown(said.kind), _("不认识的类别"), _("填 %(kinds)s", kinds=" / ".join(KINDS)))
    elif kind == "makeup" and any(day.weekday() < SATURDAY for day in days):
        why = _("这天不是周末，本来就上班")
        yield RowError(said.row, KIND.title, shown(said.kind), why, _("调休上班只能在周六、周日，请核对日期"))
    yield from _name_faults(said)


def _name_faults(said: _Said) -> Iterator[RowError]:
    if not said.name:
        yield RowError(said.row, NAME.title, "", _("必填，不能为空"), _("填节日的名称"), empty=True)
    elif classification_mark(said.name):
        why = _("带有密级标志，不得在本系统处理")
        yield RowError(said.row, NAME.title, "", why, _("请按保密规定线下办理"), empty=True)
    else:
        for code in objections(said.name, MOST_NAME, single_line=True):
            yield RowError(said.row, NAME.title, shown(said.name), explain(code, MOST_NAME), _("请重新填写名称"))


def _kind(said: str) -> KindOfDay:
    return KINDS[_ALSO.get(said, said)]


def _each(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(number) for number in range((last - first).days + 1))
