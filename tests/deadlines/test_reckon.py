"""Deadlines: the specification's examples literally, and what must hold for every day."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.deadlines import reckon
from portal.deadlines.calendar import Calendar
from portal.deadlines.notices import announced_days
from portal.deadlines.reckon import Deadline
from portal.deadlines.rules import DEFAULT_RULES, SourceLevel, Urgency, months_after
from portal.deadlines.why import Line, Why
from portal.kernel import clock
from portal.kernel.refusals import Invalid
from tests.deadlines.strategies import calendars, days, moments

CALENDAR = Calendar(announced_days(2026))
HEAD = "温州市督查室主任"


def office(day: str, hour_and_minute: str = "00:00") -> datetime:
    """An instant written as the office's clock shows it."""
    return datetime.fromisoformat(f"{day}T{hour_and_minute}+08:00")


def closing(received_on: date, level: SourceLevel = SourceLevel.CITY, urgency: Urgency = Urgency.NORMAL) -> Deadline:
    return reckon.closing(received_on, level, urgency, DEFAULT_RULES)


def test_received_on_6_january_15_days_end_on_21_january_at_24() -> None:
    deadline = closing(date(2026, 1, 6), SourceLevel.PROVINCE)
    assert deadline.due_on == date(2026, 1, 21)
    assert deadline.due_at == office("2026-01-22") == datetime(2026, 1, 21, 16, tzinfo=UTC)


def test_received_on_31_january_one_month_ends_on_28_february_at_24() -> None:
    deadline = closing(date(2026, 1, 31))
    assert deadline.due_on == date(2026, 2, 28)
    assert deadline.due_at == office("2026-03-01")


def test_in_a_leap_year_it_ends_on_the_29th() -> None:
    assert closing(date(2028, 1, 31)).due_on == date(2028, 2, 29)


def test_a_deadline_runs_over_the_end_of_the_year() -> None:
    assert closing(date(2026, 12, 20), SourceLevel.CENTRAL).due_on == date(2027, 1, 4)
    assert closing(date(2026, 12, 31)).due_on == date(2027, 1, 31)


@pytest.mark.parametrize("level", list(SourceLevel))
def test_first_feedback_is_owed_within_7_days_when_urgent_and_else_never(level: SourceLevel) -> None:
    assert reckon.first_feedback(date(2026, 1, 6), level, Urgency.NORMAL, DEFAULT_RULES) is None
    urgent = reckon.first_feedback(date(2026, 1, 6), level, Urgency.URGENT, DEFAULT_RULES)
    assert urgent is not None
    assert urgent.due_on == date(2026, 1, 13)


def test_the_deadline_is_over_at_24_and_not_a_moment_before() -> None:
    deadline = closing(date(2026, 1, 6), SourceLevel.PROVINCE)
    assert not deadline.passed(deadline.due_at - timedelta(microseconds=1))
    assert deadline.passed(deadline.due_at)


@given(days, st.sampled_from(SourceLevel), st.sampled_from(Urgency), calendars())
def test_holidays_change_no_closing_deadline(received_on: date, level: SourceLevel, urgency: Urgency, calendar: Calendar) -> None:
    plain = closing(received_on, level, urgency)
    named = reckon.closing(received_on, level, urgency, DEFAULT_RULES, calendar)
    assert (plain.due_on, plain.due_at) == (named.due_on, named.due_at)
    assert plain.due_on > received_on
    assert plain.due_at == clock.end_of(plain.due_on)
    feedback = reckon.first_feedback(received_on, level, urgency, DEFAULT_RULES, calendar)
    assert feedback is None or feedback.due_on < plain.due_on


# --- forwarding


def test_a_forwarded_matter_is_cut_to_its_parents_deadline_and_says_so() -> None:
    child = reckon.not_later_than(closing(date(2026, 1, 10)), date(2026, 1, 21))
    assert child.due_on == date(2026, 1, 21)
    assert child.due_at == office("2026-01-22")
    line = child.why.first("parent")
    assert line is not None
    assert line.params == {"due_on": "2026-01-21", "by_rule": "2026-02-10"}
    assert [each.code for each in child.why.lines] == [
        "closing_rule",
        "received",
        "calendar_days",
        "parent",
        "original",
    ]


def test_a_forwarded_matter_due_sooner_than_its_parent_keeps_its_own_date() -> None:
    own = reckon.given(date(2026, 1, 15), "永嘉县督查员", date(2026, 1, 8))
    assert reckon.not_later_than(own, date(2026, 1, 21)) is own
    assert reckon.not_later_than(own, date(2026, 1, 15)) is own, "the same day is not later"


@given(days, days)
def test_no_child_is_ever_later_than_its_parent(received_on: date, parent_due_on: date) -> None:
    child = reckon.not_later_than(closing(received_on), parent_due_on)
    assert child.due_on == min(closing(received_on).due_on, parent_due_on)
    assert child.due_at == clock.end_of(child.due_on)


# --- what was granted stays granted


def test_an_extension_holds_until_the_limit_where_the_date_of_receipt_is_earlier_than_was_thought() -> None:
    grant = reckon.Grant(date(2026, 12, 25), HEAD, date(2026, 11, 20))
    was = reckon.with_grants(closing(date(2026, 11, 2)), [grant])
    assert was.due_on == date(2026, 12, 25)
    assert [line.code for line in was.why.lines][-2:] == ["extension", "current"]
    cut = reckon.with_grants(closing(date(2026, 10, 2)), [grant])
    assert cut.due_on == date(2026, 12, 2)
    assert [line.code for line in cut.why.lines][-4:] == ["original", "extension", "extension_cut", "current"]
    assert cut.why.first("extension_cut") == Line("extension_cut", {"until": "2026-12-25", "due_on": "2026-12-02", "by": "limit"})


def test_an_extension_no_later_than_the_original_date_moves_nothing() -> None:
    grant = reckon.Grant(date(2026, 11, 20), HEAD, date(2026, 11, 10))
    idle = reckon.with_grants(closing(date(2026, 11, 2)), [grant])
    assert idle.due_on == date(2026, 12, 2)
    assert [line.code for line in idle.why.lines][-2:] == ["original", "extension_idle"]


def test_an_extended_child_is_due_no_later_than_its_parent() -> None:
    grant = reckon.Grant(date(2026, 3, 1), HEAD, date(2026, 2, 1))
    cut = reckon.with_grants(closing(date(2026, 1, 6)), [grant], date(2026, 2, 20))
    assert cut.due_on == date(2026, 2, 20)
    assert [line.code for line in cut.why.lines][-3:] == ["extension", "extension_cut", "current"]
    assert cut.why.lines[-1].params == {"due_on": "2026-02-20"}


@given(days, st.lists(days, max_size=4), st.none() | days)
def test_no_extension_passes_its_limit_or_the_parent(received_on: date, granted: list[date], above: date | None) -> None:
    original = closing(received_on) if above is None else reckon.not_later_than(closing(received_on), above)
    due = reckon.with_grants(original, [reckon.Grant(day, HEAD, received_on) for day in granted], above).due_on
    assert original.due_on <= due <= max(reckon.extension_limit(original.due_on), original.due_on)
    assert above is None or due <= above


# --- extension


def test_an_extension_reaches_at_most_the_same_day_of_the_next_month() -> None:
    assert reckon.extension_limit(date(2026, 1, 21)) == date(2026, 2, 21)
    assert reckon.extension_limit(date(2026, 1, 31)) == date(2026, 2, 28)
    assert reckon.extension_limit(date(2026, 12, 31)) == date(2027, 1, 31)


def test_all_extensions_together_are_counted_from_the_original_deadline() -> None:
    original = closing(date(2026, 10, 11), SourceLevel.PROVINCE)
    assert original.due_on == date(2026, 10, 26)
    first = reckon.extended(original, original.due_on, date(2026, 11, 5), HEAD, date(2026, 10, 23))
    second = reckon.extended(first, original.due_on, date(2026, 11, 26), HEAD, date(2026, 11, 4))
    assert second.due_at == office("2026-11-27")
    assert [line.params["total_days"] for line in second.why.lines if line.code == "extension"] == [10, 31]
    assert [line.code for line in second.why.lines].count("current") == 1
    assert second.why.lines[-1].params == {"due_on": "2026-11-26"}
    with pytest.raises(Invalid) as refusal:
        reckon.extended(second, original.due_on, date(2026, 11, 27), HEAD, date(2026, 11, 25))
    assert "11月26日" in refusal.value.sentence
    assert refusal.value.fields == {"due_on": refusal.value.sentence}


def test_an_extension_to_the_present_day_or_an_earlier_one_is_refused() -> None:
    deadline = closing(date(2026, 1, 6))
    for earlier in (deadline.due_on, deadline.due_on - timedelta(1)):
        with pytest.raises(Invalid, match="须晚于现定期限"):
            reckon.extended(deadline, deadline.due_on, earlier, HEAD, date(2026, 2, 1))


def test_a_forwarded_matter_is_not_extended_beyond_its_parent() -> None:
    deadline = closing(date(2026, 1, 6))
    day = deadline.due_on + timedelta(5)
    assert reckon.extended(deadline, deadline.due_on, day, HEAD, date(2026, 2, 1), parent_due_on=day).due_on == day
    with pytest.raises(Invalid, match="上级事项"):
        reckon.extended(deadline, deadline.due_on, day, HEAD, date(2026, 2, 1), parent_due_on=day - timedelta(1))


@given(days, st.lists(st.integers(-3, 20), max_size=6))
def test_whatever_is_granted_the_deadline_stays_later_than_before_and_within_the_limit(received_on: date, steps: list[int]) -> None:
    deadline = original = closing(received_on)
    for step in steps:
        wanted = deadline.due_on + timedelta(step)
        allowed = step > 0 and wanted <= months_after(original.due_on, 1)
        try:
            later = reckon.extended(deadline, original.due_on, wanted, HEAD, received_on)
        except Invalid:
            assert not allowed
        else:
            assert allowed
            assert later.due_on == wanted > deadline.due_on
            deadline = later
    line = deadline.why.first("original")
    assert line is not None
    assert line.params == {"due_on": original.due_on.isoformat()}


# --- declining and acknowledging


@pytest.mark.parametrize(
    ("assigned", "until"),
    [
        (office("2026-11-23", "09:30"), "2026-11-26"),  # Monday to Thursday
        (office("2026-11-26", "23:59"), "2026-12-01"),  # over a weekend
        (office("2026-09-30", "16:00"), "2026-10-10"),  # 8, 9 and the make-up Saturday after the National Day
        (office("2026-02-14", "10:00"), "2026-02-26"),  # a make-up Saturday before nine days of Spring Festival
    ],
)
def test_an_assignment_may_be_declined_until_24_of_the_third_working_day(assigned: datetime, until: str) -> None:
    deadline = reckon.decline_until(assigned, CALENDAR)
    assert deadline.due_on == date.fromisoformat(until)
    assert deadline.due_at == clock.end_of(deadline.due_on)


def test_receipt_is_confirmed_by_24_of_the_next_working_day() -> None:
    assert reckon.acknowledge_by(office("2026-11-27", "17:40"), Urgency.NORMAL, CALENDAR).due_on == date(2026, 11, 30)
    assert reckon.acknowledge_by(office("2026-09-30", "08:00"), Urgency.NORMAL, CALENDAR).due_at == office("2026-10-09")


def test_the_day_of_assignment_is_the_offices_and_not_the_servers() -> None:
    # 17:00 UTC on Thursday is 01:00 on Friday in Shanghai: the next working day is Monday.
    at_night = datetime(2026, 11, 26, 17, 0, tzinfo=UTC)
    assert reckon.acknowledge_by(at_night, Urgency.NORMAL, CALENDAR).due_on == date(2026, 11, 30)


@pytest.mark.parametrize(
    ("assigned", "due"),
    [
        (office("2026-11-23", "09:00"), office("2026-11-23", "11:00")),
        (office("2026-11-23", "06:00"), office("2026-11-23", "10:30")),  # before the office opens
        (office("2026-11-23", "15:30"), office("2026-11-23", "17:30")),  # to the minute
        (office("2026-11-23", "16:30"), office("2026-11-24", "09:30")),  # one hour today, one tomorrow
        (office("2026-11-23", "17:30"), office("2026-11-24", "10:30")),
        (office("2026-11-27", "17:00"), office("2026-11-30", "10:00")),  # half an hour on Friday
        (office("2026-11-28", "12:00"), office("2026-11-30", "10:30")),  # on a Saturday
        (office("2026-09-30", "17:00"), office("2026-10-08", "10:00")),  # over the National Day
        (office("2026-10-09", "18:00"), office("2026-10-10", "10:30")),  # to a make-up Saturday
    ],
)
def test_an_urgent_one_is_confirmed_within_two_office_hours(assigned: datetime, due: datetime) -> None:
    deadline = reckon.acknowledge_by(assigned, Urgency.URGENT, CALENDAR)
    assert deadline.due_at == due
    assert deadline.due_on == clock.local(due).date()


@given(moments, calendars())
def test_two_office_hours_lie_between_an_urgent_assignment_and_its_limit(moment: datetime, calendar: Calendar) -> None:
    due_at = reckon.acknowledge_by(moment, Urgency.URGENT, calendar).due_at
    open_for = timedelta()
    day = clock.local(moment).date()
    while day <= clock.local(due_at).date():
        if calendar.is_working(day):
            begins, ends = max(moment, clock.at(day, 8, 30)), min(due_at, clock.at(day, 17, 30))
            open_for += max(ends - begins, timedelta())
        day += timedelta(1)
    assert open_for == timedelta(hours=2)


@given(moments, calendars(), st.sampled_from(Urgency))
def test_working_deadlines_end_on_working_days_and_a_missing_year_is_named(
    moment: datetime, calendar: Calendar, urgency: Urgency
) -> None:
    for deadline in (reckon.decline_until(moment, calendar), reckon.acknowledge_by(moment, urgency, calendar)):
        assert deadline.due_at > moment
        assert calendar.is_working(deadline.due_on)
        assert (deadline.why.first("provisional") is not None) == (
            calendar.is_provisional(clock.local(moment).date()) or calendar.is_provisional(deadline.due_on)
        )


def test_a_moment_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        reckon.decline_until(datetime(2026, 1, 1), CALENDAR)  # noqa: DTZ001 - that is the mistake


@given(days, moments, calendars())
def test_reasons_come_back_from_json_unchanged(day: date, moment: datetime, calendar: Calendar) -> None:
    original = reckon.closing(day, SourceLevel.CITY, Urgency.URGENT, DEFAULT_RULES, calendar)
    for deadline in (
        reckon.extended(original, original.due_on, original.due_on + timedelta(9), HEAD, day),
        reckon.not_later_than(original, original.due_on - timedelta(2)),
        reckon.decline_until(moment, calendar),
        reckon.acknowledge_by(moment, Urgency.URGENT, calendar),
    ):
        assert Why.from_json(json.loads(json.dumps(deadline.why.to_json()))) == deadline.why
