"""Versions of a city's rules: which is in force when, and that what was in force at a moment never changes afterwards."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.deadlines import reckon
from portal.deadlines.calendar import Calendar
from portal.deadlines.formatting import explain
from portal.deadlines.ladder import DEFAULT_LADDER, LADDER, Rung, code_of, planned, sent_at
from portal.deadlines.rules import (
    DEADLINES,
    DEFAULT_LIMITS,
    DEFAULT_RULES,
    LIMITS,
    Faulty,
    Limits,
    Rule,
    SourceLevel,
    Span,
    Urgency,
)
from portal.deadlines.versions import NOTICE, History, Values, Version, Versioned
from portal.kernel import clock
from tests.deadlines.strategies import calendars, days, moments

START = datetime(2026, 11, 1, tzinfo=UTC)
QUICK = tuple((level, urgency, replace(rule, closing=Span(days=10))) for level, urgency, rule in DEFAULT_RULES.rows)


def version(number: int, made_at: datetime, from_at: datetime, what: Versioned[Values] = DEADLINES) -> Version:
    data = {
        DEADLINES.name: replace(DEFAULT_RULES, version=number, rows=QUICK).to_json(),
        LIMITS.name: replace(DEFAULT_LIMITS, version=number, decline_working_days=5).to_json(),
    }[what.name]
    return Version(what.name, number, data, from_at, made_at, "市委督查室主任")


@st.composite
def histories(draw: st.DrawFn) -> list[Version]:
    """Versions made one after the other, each to begin two minutes later or at any later time."""
    made, found = START, []
    for number in range(2, 2 + draw(st.integers(1, 6))):
        made += timedelta(minutes=draw(st.integers(0, 3000)))
        found.append(version(number, made, made + NOTICE + timedelta(minutes=draw(st.integers(0, 6000)))))
    return found


@given(histories(), st.integers(0, 30_000))
def test_what_is_in_force_at_a_moment_never_changes_afterwards(versions: list[Version], minutes: int) -> None:
    moment = START + timedelta(minutes=minutes)
    known_then = [one for one in versions if one.made_at + NOTICE <= moment]
    everything = History(versions).in_force(DEADLINES, moment)
    assert History(known_then).in_force(DEADLINES, moment) == everything


@given(histories(), days, st.sampled_from(SourceLevel), st.sampled_from(Urgency))
def test_a_version_gives_the_same_date_whatever_is_set_later(
    versions: list[Version], day: date, level: SourceLevel, urgency: Urgency
) -> None:
    first, all_of_them = History(versions[:1]), History(versions)
    for number in (1, 2):
        assert reckon.closing(day, level, urgency, first.built(DEADLINES, number)) == reckon.closing(
            day, level, urgency, all_of_them.built(DEADLINES, number)
        )


def test_a_later_decision_stands_even_where_an_older_one_was_to_begin_after_it() -> None:
    first_of_year = START + timedelta(days=60)
    history = History([version(2, START, first_of_year), version(3, START, START + NOTICE)])
    assert history.in_force(DEADLINES, START) == 1
    assert history.in_force(DEADLINES, START + NOTICE) == 3
    assert history.in_force(DEADLINES, first_of_year) == 3
    assert (history.latest(DEADLINES), history.latest(LADDER)) == (3, 1)


def test_the_default_is_version_one_and_an_unknown_version_is_none() -> None:
    history = History([version(2, START, START)])
    assert history.built(DEADLINES, 1) is DEFAULT_RULES
    assert (history.built(LADDER, 1), history.built(LIMITS, 1)) == (DEFAULT_LADDER, DEFAULT_LIMITS)
    with pytest.raises(KeyError):
        history.built(DEADLINES, 7)


def test_why_this_date_names_the_version_and_who_set_it() -> None:
    history = History([version(2, START, START), version(2, START, START, LIMITS)])
    with clock.set_to(START + timedelta(days=5)):
        closing = reckon.closing(date(2026, 11, 2), SourceLevel.CITY, Urgency.NORMAL, history.built(DEADLINES, 2))
        declining = reckon.decline_until(START + timedelta(days=1), Calendar({}), history.built(LIMITS, 2))
        said = ("版本", "第 2 版，市委督查室主任设定，11月1日起施行")
        assert explain(closing.why)[:2] == [("规则", "市级批示件（一般），收到次日起 10 日内办结"), said]
        assert explain(declining.why)[:2] == [("规则", "交办后 5 个工作日内可退回"), said]
        default = reckon.closing(date(2026, 11, 2), SourceLevel.CITY, Urgency.NORMAL, DEFAULT_RULES)
        assert "版本" not in dict(explain(default.why))


@given(moments, st.integers(1, 15), calendars())
def test_more_working_days_to_answer_never_end_earlier(moment: datetime, more: int, calendar: Calendar) -> None:
    wider = replace(DEFAULT_LIMITS, decline_working_days=more, acknowledge_working_days=more)
    for by in (
        lambda limits: reckon.decline_until(moment, calendar, limits),
        lambda limits: reckon.acknowledge_by(moment, Urgency.NORMAL, calendar, limits),
    ):
        one = replace(DEFAULT_LIMITS, decline_working_days=1, acknowledge_working_days=1)
        assert by(one).due_on <= by(wider).due_on


@given(days, moments, calendars())
def test_a_rung_is_sent_when_it_was_planned(due_on: date, started: datetime, calendar: Calendar) -> None:
    for reminder in planned(due_on, started, calendar, DEFAULT_LADDER):
        assert sent_at(reminder.rung, reminder.ordinal, due_on, calendar, DEFAULT_LADDER) == reminder.send_at


def test_one_day_has_one_code_in_every_version() -> None:
    assert [code_of(rung.day_offset) for rung in DEFAULT_LADDER.rungs] == [rung.code for rung in DEFAULT_LADDER.rungs]


def test_limits_come_back_from_json_unchanged() -> None:
    assert Limits.from_json(DEFAULT_LIMITS.to_json()) == DEFAULT_LIMITS


def _rung(
    code: str = "before_5", offset: int = -5, roles: tuple[str, ...] = ("handler",), confidential: tuple[str, ...] = ("handler",)
) -> Rung:
    return Rung(code, offset, roles, confidential)


RUNGS = DEFAULT_LADDER.rungs


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: replace(DEFAULT_RULES, rows=DEFAULT_RULES.rows[1:]), "table_rows"),
        (lambda: replace(DEFAULT_RULES, rows=tuple((a, b, Rule(Span(days=367))) for a, b, _r in DEFAULT_RULES.rows)), "span_long"),
        (lambda: replace(DEFAULT_RULES, rows=tuple((a, b, Rule(Span(months=1), Span(days=28))) for a, b, _r in DEFAULT_RULES.rows)),
         "feedback_late"),
        (lambda: replace(DEFAULT_LIMITS, decline_working_days=0), "limit_days"),
        (lambda: replace(DEFAULT_LIMITS, acknowledge_working_days=16), "limit_days"),
        (lambda: replace(DEFAULT_LIMITS, acknowledge_urgent_hours=10), "limit_hours"),
        (lambda: replace(DEFAULT_LIMITS, acknowledge_urgent_hours=10**12), "limit_hours"),
        (lambda: replace(DEFAULT_LIMITS, closes=time(8, 30)), "office_hours"),
        (lambda: replace(DEFAULT_LADDER, rungs=(RUNGS[0], *RUNGS)), "rung_twice"),
        (lambda: replace(DEFAULT_LADDER, rungs=(_rung("before_61", -61), *RUNGS)), "rung_far"),
        (lambda: replace(DEFAULT_LADDER, rungs=tuple(r for r in RUNGS if r.code != "due_day")), "rung_legal"),
        (lambda: replace(DEFAULT_LADDER, rungs=tuple(r for r in RUNGS if r.code != "overdue_1")), "rung_legal"),
        (lambda: replace(DEFAULT_LADDER, rungs=tuple(replace(r, roles=("deputy_leader",)) for r in RUNGS)), "rung_handler"),
        (lambda: _rung(roles=()), "rung_nobody"),
        (lambda: _rung(confidential=("office_director",)), "rung_outsider"),
        (lambda: replace(DEFAULT_LADDER, repeated=replace(DEFAULT_LADDER.repeated, day_offset=7)), "repeat_first"),
        (lambda: replace(DEFAULT_LADDER, repeat_days=0), "repeat_days"),
        (lambda: replace(DEFAULT_LADDER, hour=time(3, 0)), "ladder_hour"),
    ],
)  # fmt: skip
def test_rules_that_cannot_hold_are_refused_with_a_sentence(make: object, code: str) -> None:
    with pytest.raises(Faulty) as refused:
        make()  # type: ignore[operator]
    assert refused.value.code == code
    if code != "table_rows":
        assert str(refused.value.sentence)
