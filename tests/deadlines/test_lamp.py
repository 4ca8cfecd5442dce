"""The lamp and its words."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.deadlines.lamp import Lamp, lamp
from tests.deadlines.strategies import days

DUE = date(2026, 11, 16)


@pytest.mark.parametrize(
    ("today", "kind", "days_shown", "words"),
    [
        (date(2026, 11, 5), "ok", 11, "剩 11 日"),
        (date(2026, 11, 8), "ok", 8, "剩 8 日"),
        (date(2026, 11, 9), "soon", 7, "剩 7 日"),
        (date(2026, 11, 13), "soon", 3, "剩 3 日"),
        (date(2026, 11, 16), "soon", 0, "今日到期"),
        (date(2026, 11, 17), "late", 1, "超期 1 日"),
        (date(2026, 11, 18), "late", 2, "超期 2 日"),
    ],
)
def test_a_running_matter_shows_days_left_or_overdue(today: date, kind: str, days_shown: int, words: str) -> None:
    shown = lamp(DUE, today, True, None, False)
    assert (shown.kind, shown.days, shown.words) == (kind, days_shown, words)


def test_asked_in_time_it_is_not_overdue_until_decided() -> None:
    assert lamp(DUE, DUE + timedelta(3), True, None, True) == Lamp("soon", 0, "extension_pending")
    assert lamp(DUE, DUE + timedelta(3), True, None, True).words == "延期待批"
    assert lamp(DUE, DUE - timedelta(3), True, None, True).words == "剩 3 日"
    assert lamp(DUE, DUE + timedelta(3), True, None, False).words == "超期 3 日"


@pytest.mark.parametrize(
    ("is_open", "stopped_on", "pending", "words"),
    [
        (False, DUE, False, "已办结，按期"),
        (False, DUE + timedelta(1), False, "已办结，超期 1 日"),
        (True, DUE - timedelta(1), False, "已报结，按期"),
        (True, DUE + timedelta(2), False, "已报结，超期 2 日"),
        (True, DUE + timedelta(2), True, "已报结"),
        (False, None, False, "已撤销"),
    ],
)
def test_a_stopped_matter_is_grey_and_says_how_it_ended(is_open: bool, stopped_on: date | None, pending: bool, words: str) -> None:
    shown = lamp(DUE, DUE + timedelta(30), is_open, stopped_on, pending)
    assert shown.kind == "done"
    assert shown.words == words
    assert "，".join(filter(None, (shown.brief, shown.result))) == words, "the register parts it in two lines"
    assert "，" not in shown.brief


@given(days, days, days, st.booleans(), st.booleans())
def test_time_changes_nothing_once_the_clock_has_stopped(
    due_on: date, one: date, other: date, is_open: bool, pending: bool
) -> None:
    assert lamp(due_on, one, is_open, one, pending) == lamp(due_on, other, is_open, one, pending)


@given(days, days, st.booleans())
def test_red_means_past_the_day_with_nothing_asked(due_on: date, today: date, pending: bool) -> None:
    shown = lamp(due_on, today, True, None, pending)
    assert (shown.kind == "late") == (today > due_on and not pending)
    assert shown.days >= 0
