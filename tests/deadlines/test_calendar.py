"""Which days are worked."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.deadlines.calendar import Calendar, CalendarEntry
from tests.deadlines.strategies import calendars, days

NATIONAL_DAY = CalendarEntry("holiday", "国庆节", True)
MAKE_UP = CalendarEntry("makeup", "国庆节", True)
OCTOBER = Calendar(
    {date(2026, 10, day): NATIONAL_DAY for day in range(1, 8)} | {date(2026, 9, 20): MAKE_UP, date(2026, 10, 10): MAKE_UP}
)


def test_a_holiday_is_not_worked_and_a_make_up_saturday_is() -> None:
    assert not OCTOBER.is_working(date(2026, 10, 7))
    assert OCTOBER.is_working(date(2026, 10, 10))
    assert not OCTOBER.is_working(date(2026, 10, 11))
    assert OCTOBER.name_of(date(2026, 10, 10)) == "国庆节"
    assert OCTOBER.name_of(date(2026, 10, 11)) is None


def test_working_days_step_over_the_holiday_and_use_the_make_up_day() -> None:
    assert OCTOBER.next_working_day(date(2026, 9, 30)) == date(2026, 10, 8)
    assert OCTOBER.add_working_days(date(2026, 9, 30), 3) == date(2026, 10, 10)
    assert OCTOBER.working_day_on_or_before(date(2026, 10, 7)) == date(2026, 9, 30)


def test_a_year_without_calendar_has_plain_weekdays_and_is_provisional() -> None:
    assert OCTOBER.is_provisional(date(2027, 10, 1))
    assert OCTOBER.is_working(date(2027, 10, 1))
    assert not OCTOBER.is_provisional(date(2026, 1, 1))


def test_a_guessed_year_is_provisional_though_its_holidays_count() -> None:
    guessed = Calendar({date(2027, 10, 1): CalendarEntry("holiday", "国庆节", False)})
    assert guessed.is_provisional(date(2027, 3, 1))
    assert not guessed.is_working(date(2027, 10, 1))


def test_the_secretariat_is_asked_for_next_year_from_october_on() -> None:
    assert OCTOBER.year_to_import(date(2026, 9, 30)) is None
    assert OCTOBER.year_to_import(date(2026, 10, 1)) == 2027
    assert OCTOBER.year_to_import(date(2027, 2, 1)) == 2027


def test_working_days_are_not_counted_backwards() -> None:
    with pytest.raises(ValueError, match="forwards"):
        OCTOBER.add_working_days(date(2026, 1, 1), -1)


def test_what_was_handed_in_can_be_changed_without_changing_the_calendar() -> None:
    handed_in = {date(2026, 10, 1): NATIONAL_DAY}
    calendar = Calendar(handed_in)
    handed_in.clear()
    assert not calendar.is_working(date(2026, 10, 1))


@given(calendars(), days, st.integers(0, 15))
def test_the_nth_working_day_is_worked_and_has_n_working_days_up_to_it(calendar: Calendar, day: date, count: int) -> None:
    end = calendar.add_working_days(day, count)
    between = [day + timedelta(n) for n in range(1, (end - day).days + 1)]
    assert sum(calendar.is_working(each) for each in between) == count
    assert count == 0 or calendar.is_working(end)


@given(calendars(), days)
def test_the_working_day_before_is_the_nearest_one(calendar: Calendar, day: date) -> None:
    before = calendar.working_day_on_or_before(day)
    assert before <= day
    assert calendar.is_working(before)
    assert list(calendar.days_off(before + timedelta(1), day)) == [before + timedelta(n) for n in range(1, (day - before).days + 1)]


@given(days, days)
def test_an_empty_calendar_is_monday_to_friday(day: date, other: date) -> None:
    assert Calendar({}).is_working(day) == (day.isoweekday() <= 5)
    assert Calendar({}).is_provisional(other)
