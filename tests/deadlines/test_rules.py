"""The table of deadlines, and the arithmetic of months."""

from __future__ import annotations

import json
from calendar import monthrange
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.deadlines.rules import DEFAULT_RULES, Rule, RuleTable, SourceLevel, Span, Urgency, months_after
from tests.deadlines.strategies import days

TABLE = [
    # source level, urgency, closing, first feedback
    ("central", "normal", Span(days=15), None),
    ("central", "urgent", Span(days=15), Span(days=7)),
    ("province", "normal", Span(days=15), None),
    ("province", "urgent", Span(days=15), Span(days=7)),
    ("city", "normal", Span(months=1), None),
    ("city", "urgent", Span(months=1), Span(days=7)),
    ("county", "normal", Span(months=1), None),
    ("county", "urgent", Span(months=1), Span(days=7)),
]


@pytest.mark.parametrize(("level", "urgency", "closing", "feedback"), TABLE)
def test_the_default_table_is_the_regulations_one(level: str, urgency: str, closing: Span, feedback: Span | None) -> None:
    assert DEFAULT_RULES.rule(SourceLevel(level), Urgency(urgency)) == Rule(closing, feedback)


def test_the_table_comes_back_from_json_unchanged() -> None:
    assert RuleTable.from_json(json.loads(json.dumps(DEFAULT_RULES.to_json()))) == DEFAULT_RULES


def test_a_table_with_a_rule_missing_or_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="exactly one rule"):
        RuleTable(2, DEFAULT_RULES.rows[1:])
    with pytest.raises(ValueError, match="exactly one rule"):
        RuleTable(2, (*DEFAULT_RULES.rows, DEFAULT_RULES.rows[0]))


@pytest.mark.parametrize("span", [{}, {"days": 1, "months": 1}, {"days": -3}, {"months": -1}, {"days": 0}])
def test_a_span_is_some_days_or_some_months(span: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="span"):
        Span(**span)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (date(2026, 1, 31), date(2026, 2, 28)),
        (date(2028, 1, 31), date(2028, 2, 29)),
        (date(2028, 1, 29), date(2028, 2, 29)),
        (date(2026, 1, 28), date(2026, 2, 28)),
        (date(2026, 2, 28), date(2026, 3, 28)),
        (date(2026, 3, 31), date(2026, 4, 30)),
        (date(2026, 11, 30), date(2026, 12, 30)),
        (date(2026, 12, 31), date(2027, 1, 31)),
    ],
)
def test_a_month_ends_on_the_same_day_or_the_last_one(start: date, end: date) -> None:
    assert months_after(start, 1) == end


@given(days, st.integers(0, 30))
def test_months_keep_the_day_unless_the_month_is_too_short(day: date, months: int) -> None:
    end = months_after(day, months)
    assert (end.year * 12 + end.month) - (day.year * 12 + day.month) == months
    assert end.day == day.day or (end.day < day.day and end.day == monthrange(end.year, end.month)[1])


@given(days, days)
def test_who_receives_later_never_has_to_finish_sooner(one: date, other: date) -> None:
    for span in (Span(days=7), Span(days=15), Span(months=1)):
        assert span.after(min(one, other)) <= span.after(max(one, other))


@given(days)
def test_a_month_lasts_28_to_31_days(day: date) -> None:
    assert timedelta(28) <= Span(months=1).after(day) - day <= timedelta(31)
