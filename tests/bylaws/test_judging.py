"""The State Council's notice is judged row by row: what keeps a year out, what is only worth a look."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.bylaws.judging import COLUMNS, FESTIVALS, Notice, judge_list, judge_sheet
from portal.deadlines.notices import announced_days
from portal.importing.cells import Cell, Row, Sheet
from portal.kernel.refusals import Invalid
from tests.bylaws.conftest import NOTICE


def judged(*rows: tuple[Any, Any, Any], year: int = 2027) -> Notice:
    cells = [tuple(one if isinstance(one, Cell) else Cell(one) for one in row) for row in rows]
    return judge_sheet(Sheet("放假安排", COLUMNS, [Row(n, row) for n, row in enumerate(cells, start=2)]), year)


def said(found: Notice) -> list[tuple[int, str | None]]:
    return [(fault.row, fault.column) for fault in found.faults if not fault.warning]


def test_a_good_list_is_taken_whole() -> None:
    found = judge_list(NOTICE, 2027)
    assert (found.bad, found.warned, found.total) == (0, 0, 11)
    assert found.days[date(2027, 2, 5)].kind == "holiday"
    assert found.days[date(2027, 2, 20)].kind == "makeup"
    assert len(found.days) == 3 + 8 + 2 + 3 + 5 + 1 + 1 + 1 + 7 + 1
    assert judge_list(found.as_list, 2027).days == found.days


@pytest.mark.parametrize("year", [2024, 2025, 2026])
def test_what_was_really_announced_is_taken_whole(year: int) -> None:
    words = {"holiday": "放假", "makeup": "调休上班"}
    days = announced_days(year)
    found = judged(*((day, words[entry.kind], entry.name) for day, entry in days.items()), year=year)
    assert (found.bad, found.days) == (0, days)


@pytest.mark.parametrize(
    ("row", "column"),
    [
        (("10月初", "放假", "国庆节"), "日期"),
        ((46_000, "放假", "国庆节"), "日期"),
        ((None, "放假", "国庆节"), "日期"),
        ((Cell(date(2027, 10, 1), formula=True), "放假", "国庆节"), "日期"),
        ((Cell("#N/A", error=True), "放假", "国庆节"), "日期"),
        ((date(2026, 10, 1), "放假", "国庆节"), "日期"),
        ((date(2027, 10, 1), "加班", "国庆节"), "类别"),
        ((date(2027, 10, 8), "调休上班", "国庆节"), "类别"),
        ((date(2027, 10, 1), "放假", ""), "名称"),
        ((date(2027, 10, 1), "放假", "节" * 41), "名称"),
        ((date(2027, 10, 1), "放假", "国庆\u200b节"), "名称"),
        ((date(2027, 10, 1), "放假", "机密★1年"), "名称"),
    ],
)
def test_a_bad_row_is_refused_with_its_reason(row: tuple[Any, Any, Any], column: str) -> None:
    found = judged(row)
    assert said(found) == [(2, column)]
    assert found.faults[0].why and found.faults[0].fix
    assert "机密" not in found.faults[0].value


def test_the_same_day_twice_is_refused_also_as_holiday_and_as_make_up_day() -> None:
    found = judged((date(2027, 10, 9), "放假", "国庆节"), (date(2027, 10, 9), "调休上班", "国庆节"))
    assert said(found) == [(3, "日期")]


@pytest.mark.parametrize(
    "line", ["2月30日 放假 春节", "10月7日至10月1日 放假 国庆节", "国庆放假七天", "2027-13-01 放假 元旦", "<script>"]
)
def test_a_line_that_is_no_day_is_refused(line: str) -> None:
    assert judge_list(line, 2027).bad == 1


def test_a_festival_that_is_missing_is_worth_a_look() -> None:
    found = judged((date(2027, 10, 1), "放假", "国庆节"))
    assert (found.bad, found.warned) == (0, len(FESTIVALS) - 1)


def test_an_empty_sheet_a_missing_column_and_too_many_rows_are_refused() -> None:
    with pytest.raises(Invalid, match="名称"):
        judge_sheet(Sheet("x", ("日期", "类别"), []), 2027)
    with pytest.raises(Invalid, match="没有"):
        judged()
    with pytest.raises(Invalid, match="120"):
        judge_list("10月1日 放假 国庆节\n" * 121, 2027)


@given(st.text(max_size=400))
def test_whatever_is_pasted_is_judged_and_never_breaks(text: str) -> None:
    try:
        found = judge_list(text, 2027)
    except Invalid:
        return
    assert all(day.year == 2027 for day in found.days) or found.bad
