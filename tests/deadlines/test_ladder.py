"""When each rung of the ladder is sent, and to whom."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.access.roles import Role
from portal.deadlines import reckon
from portal.deadlines.calendar import Calendar
from portal.deadlines.ladder import DEFAULT_LADDER, Ladder, Planned, next_after, not_acknowledged, planned
from portal.deadlines.notices import announced_days
from portal.deadlines.rules import Urgency
from portal.kernel import clock
from tests.deadlines.strategies import calendars, days

CALENDAR = Calendar(announced_days(2026))
PLAIN = Calendar({})
CODES = [rung.code for rung in (*DEFAULT_LADDER.rungs, DEFAULT_LADDER.repeated)]
OFFSETS = {rung.code: rung.day_offset for rung in (*DEFAULT_LADDER.rungs, DEFAULT_LADDER.repeated)}


def sent(due_on: date, started: date, calendar: Calendar = CALENDAR) -> list[tuple[str, str]]:
    """The plan as (rung, office time), for a generation that started at midnight."""
    plan = planned(due_on, clock.at(started), calendar, DEFAULT_LADDER)
    return [(reminder.rung, f"{clock.local(reminder.send_at):%m-%d %H:%M}") for reminder in plan]


def test_on_working_days_each_rung_goes_out_at_nine_of_its_own_day() -> None:
    # Due on Thursday 12 November; day 3 is a Sunday, sent on the Friday before, which is overdue already.
    assert sent(date(2026, 11, 12), date(2026, 10, 20)) == [
        ("before_7", "11-05 09:00"),
        ("before_3", "11-09 09:00"),
        ("before_1", "11-11 09:00"),
        ("due_day", "11-12 09:00"),
        ("overdue_1", "11-13 09:00"),
        ("overdue_3", "11-13 09:00"),
        ("overdue_7", "11-19 09:00"),
        ("overdue_again", "11-26 09:00"),
    ]


def test_a_rung_on_a_day_off_is_sent_on_the_working_day_before() -> None:
    # Due on Sunday 15 November: the day itself and the day before are both sent on Friday.
    plan = sent(date(2026, 11, 15), date(2026, 11, 10))
    assert plan[:3] == [("before_3", "11-12 09:00"), ("before_1", "11-13 09:00"), ("due_day", "11-13 09:00")]


def test_no_overdue_rung_is_sent_before_the_deadline_is_over() -> None:
    # Due on Wednesday 30 September, before the National Day: all that is overdue waits for 8 October.
    overdue = [entry for entry in sent(date(2026, 9, 30), date(2026, 9, 30)) if entry[0].startswith("overdue")]
    assert overdue == [
        ("overdue_1", "10-08 09:00"),
        ("overdue_3", "10-08 09:00"),
        ("overdue_7", "10-08 09:00"),
        ("overdue_again", "10-14 09:00"),
    ]


def test_a_make_up_saturday_is_a_day_like_any_other() -> None:
    assert ("due_day", "10-10 09:00") in sent(date(2026, 10, 10), date(2026, 10, 1))
    assert ("due_day", "10-09 09:00") in sent(date(2026, 10, 10), date(2026, 10, 1), PLAIN)


def test_rungs_already_past_when_the_generation_starts_are_not_sent() -> None:
    start = clock.at(date(2026, 11, 9), 9)
    due_on = date(2026, 11, 12)
    assert planned(due_on, start, CALENDAR, DEFAULT_LADDER)[0] == Planned("before_3", 1, start)
    assert planned(due_on, start + timedelta(seconds=1), CALENDAR, DEFAULT_LADDER)[0].rung == "before_1"


def test_a_generation_that_starts_long_overdue_begins_with_the_next_seventh_day() -> None:
    plan = planned(date(2026, 3, 2), clock.at(date(2026, 4, 1)), CALENDAR, DEFAULT_LADDER)
    # 35 days after 2 March is Monday 6 April, a holiday: sent on the Friday before.
    fourth = Planned("overdue_again", 4, clock.at(date(2026, 4, 3), 9))
    assert plan == (fourth,)
    assert planned(date(2026, 3, 2), fourth.send_at, CALENDAR, DEFAULT_LADDER) == (fourth,)


def test_after_the_seventh_day_it_goes_on_every_seventh() -> None:
    due_on = date(2026, 11, 12)
    last = planned(due_on, clock.at(date(2026, 11, 1)), PLAIN, DEFAULT_LADDER)[-1]
    assert last == Planned("overdue_again", 1, clock.at(date(2026, 11, 26), 9))
    assert next_after(last, due_on, PLAIN, DEFAULT_LADDER) == Planned("overdue_again", 2, clock.at(date(2026, 12, 3), 9))
    assert next_after(Planned("overdue_7", 1, last.send_at), due_on, PLAIN, DEFAULT_LADDER) == last


def test_a_missing_receipt_is_told_at_the_instant_the_time_is_over() -> None:
    limit = reckon.acknowledge_by(clock.at(date(2026, 11, 23), 16, 30), Urgency.URGENT, CALENDAR)
    reminder = not_acknowledged(limit, DEFAULT_LADDER)
    assert reminder == Planned("not_acknowledged", 1, clock.at(date(2026, 11, 24), 9, 30))


@pytest.mark.parametrize(
    ("code", "open_one", "confidential"),
    [
        ("before_7", {"handler"}, {"handler"}),
        ("before_3", {"handler"}, {"handler"}),
        ("before_1", {"handler"}, {"handler"}),
        ("due_day", {"handler"}, {"handler"}),
        ("overdue_1", {"handler", "office_director"}, {"handler", "assigning_supervisor"}),
        ("overdue_3", {"deputy_leader"}, {"supervision_head"}),
        ("overdue_7", {"principal_leader", "supervision_head"}, {"supervision_head"}),
        ("overdue_again", {"principal_leader", "supervision_head"}, {"supervision_head"}),
        ("not_acknowledged", {"liaison_officer"}, {"assigning_supervisor"}),
    ],
)
def test_each_rung_reaches_whom_the_ladder_names(code: str, open_one: set[str], confidential: set[str]) -> None:
    rung = DEFAULT_LADDER.rung(code)
    assert set(rung.goes_to(confidential=False)) == open_one
    assert set(rung.goes_to(confidential=True)) == confidential
    assert open_one | confidential <= set(Role) | {"assigning_supervisor"}


def test_the_ladder_comes_back_from_json_unchanged() -> None:
    assert Ladder.from_json(json.loads(json.dumps(DEFAULT_LADDER.to_json()))) == DEFAULT_LADDER


def test_a_ladder_out_of_order_or_with_a_code_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="order"):
        replace(DEFAULT_LADDER, rungs=DEFAULT_LADDER.rungs[::-1])
    with pytest.raises(ValueError, match="one code"):
        replace(DEFAULT_LADDER, repeated=replace(DEFAULT_LADDER.repeated, code="overdue_7"))
    with pytest.raises(KeyError):
        DEFAULT_LADDER.rung("before_30")


@given(days, st.integers(-60, 90), st.integers(0, 24 * 60), calendars())
def test_the_plan_holds_for_every_due_day_start_and_calendar(
    due_on: date, start_offset: int, minutes: int, calendar: Calendar
) -> None:
    started = clock.at(due_on) + timedelta(days=start_offset, minutes=minutes)
    plan = planned(due_on, started, calendar, DEFAULT_LADDER)
    following = next_after(plan[-1], due_on, calendar, DEFAULT_LADDER)
    over_at = clock.end_of(due_on)
    keys = [(CODES.index(reminder.rung), reminder.ordinal) for reminder in (*plan, following)]
    assert keys == sorted(set(keys)), "each rung and ordinal once, strictly in the ladder's order"
    assert all(one.send_at <= other.send_at for one, other in pairwise((*plan, following)))
    for reminder in plan:
        assert reminder.send_at >= started
        assert_sent_on_the_right_day(reminder, due_on, calendar, over_at)


def assert_sent_on_the_right_day(reminder: Planned, due_on: date, calendar: Calendar, over_at: datetime) -> None:
    local = clock.local(reminder.send_at)
    nominal = due_on + timedelta(OFFSETS[reminder.rung] + 7 * (reminder.ordinal - 1))
    assert (local.hour, local.minute) == (9, 0)
    assert calendar.is_working(local.date())
    if nominal <= due_on:
        assert reminder.send_at < over_at
        assert local.date() <= nominal
    else:
        assert reminder.send_at > over_at
    # Nothing is moved further than the days off make it.
    early, late = sorted((local.date(), nominal))
    assert all(
        not calendar.is_working(early + timedelta(n))
        for n in range((late - early).days + 1)
        if early + timedelta(n) != local.date()
    )


@given(days, calendars())
def test_a_generation_that_starts_in_good_time_sends_every_rung(due_on: date, calendar: Calendar) -> None:
    plan = planned(due_on, clock.at(due_on - timedelta(60)), calendar, DEFAULT_LADDER)
    assert [reminder.rung for reminder in plan] == CODES
    assert {reminder.ordinal for reminder in plan} == {1}


@given(days, st.lists(st.integers(-20, 40), min_size=2, max_size=2).map(sorted), calendars())
def test_a_later_start_sends_the_rest_of_what_an_earlier_one_would(due_on: date, starts: list[int], calendar: Calendar) -> None:
    earlier, later = (clock.at(due_on + timedelta(start)) for start in starts)
    first, second = (planned(due_on, start, calendar, DEFAULT_LADDER) for start in (earlier, later))
    single = [reminder for reminder in first if reminder.rung != "overdue_again" and reminder.send_at >= later]
    assert [reminder for reminder in second if reminder.rung != "overdue_again"] == single
