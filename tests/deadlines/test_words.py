"""Why this date, as the panel says it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.deadlines import reckon
from portal.deadlines.calendar import Calendar
from portal.deadlines.formatting import explain
from portal.deadlines.notices import announced_days
from portal.deadlines.rules import DEFAULT_RULES, SourceLevel, Urgency
from portal.deadlines.why import Line, Why
from portal.kernel import clock
from tests.deadlines.strategies import calendars, days, moments

CALENDAR = Calendar(announced_days(2026))


@pytest.fixture(autouse=True)
def in_november_2026() -> Iterator[None]:
    with clock.set_to(clock.at(date(2026, 11, 5), 10)):
        yield


def test_an_extended_provincial_one_tells_rule_count_original_extension_and_present_date() -> None:
    original = reckon.closing(date(2026, 10, 11), SourceLevel.PROVINCE, Urgency.NORMAL, DEFAULT_RULES, CALENDAR)
    now = reckon.extended(original, original.due_on, date(2026, 11, 5), "永嘉县督查室主任", date(2026, 10, 23))
    assert explain(now.why) == [
        ("规则", "省级批示件（一般），收到次日起 15 日内办结"),
        ("起算", "10月11日收到，10月12日为第 1 日"),
        ("扣除", "无。按自然日计，周末和节假日不扣除"),
        ("原定", "10月26日（周一）24:00"),
        ("延期", "10 日，永嘉县督查室主任 10月23日批准；累计 10 日，最晚至 11月26日"),
        ("现定", "11月5日（周四）24:00"),
    ]


def test_holidays_that_are_not_deducted_are_named() -> None:
    deadline = reckon.closing(date(2026, 9, 20), SourceLevel.CITY, Urgency.NORMAL, DEFAULT_RULES, CALENDAR)
    assert explain(deadline.why) == [
        ("规则", "市级批示件（一般），收到次日起 1 个月内办结"),
        ("起算", "9月20日收到，9月21日为第 1 日"),
        ("扣除", "无。按自然日计，中秋节、国庆节假期不扣除"),
        ("原定", "10月20日（周二）24:00"),
        ("延期", "未延期"),
    ]


def test_first_feedback_and_another_year_say_so() -> None:
    deadline = reckon.first_feedback(date(2026, 12, 28), SourceLevel.CENTRAL, Urgency.URGENT, DEFAULT_RULES)
    assert deadline is not None
    panel = explain(deadline.why)
    assert panel[0] == ("规则", "中央批示件（急件），收到次日起 7 日内首次反馈")
    assert panel[-1] == ("原定", "2027年1月4日（周一）24:00")


def test_a_forwarded_one_says_what_the_rule_gave_and_what_cut_it() -> None:
    own = reckon.given(date(2026, 11, 20), "永嘉县督查员", date(2026, 11, 2))
    assert explain(reckon.not_later_than(own, date(2026, 11, 12)).why) == [
        ("规则", "永嘉县督查员 11月2日指定"),
        ("上级事项", "按规则为 11月20日，不晚于上级事项的期限 11月12日"),
        ("原定", "11月12日（周四）24:00"),
    ]


def test_days_off_are_named_in_runs() -> None:
    deadline = reckon.decline_until(clock.at(date(2026, 9, 24), 16), CALENDAR)
    assert explain(deadline.why) == [
        ("规则", "交办后 3 个工作日内可退回"),
        ("起算", "9月24日（周四）16:00交办"),
        ("扣除", "中秋节 9月25日—9月27日"),
        ("期限", "9月30日（周三）24:00"),
    ]
    over_two = reckon.decline_until(clock.at(date(2026, 9, 30), 16), CALENDAR)
    assert ("扣除", "国庆节 10月1日—10月7日") in explain(over_two.why)
    weekend = reckon.decline_until(clock.at(date(2026, 10, 15), 16), CALENDAR)
    assert ("扣除", "周末 10月17日—10月18日") in explain(weekend.why)


def test_an_urgent_receipt_is_told_to_the_minute_and_a_missing_year_is_provisional() -> None:
    deadline = reckon.acknowledge_by(clock.at(date(2026, 12, 31), 16, 30), Urgency.URGENT, CALENDAR)
    assert explain(deadline.why) == [
        ("规则", "急件，交办后 2 个工作小时（08:30—17:30）内签收"),
        ("起算", "12月31日（周四）16:30交办"),
        ("扣除", "无"),
        ("暂定", "2027 年放假安排未公布，工作日为推算"),
        ("期限", "2027年1月1日（周五）09:30"),
    ]


def test_a_code_that_nobody_knows_is_not_passed_over() -> None:
    with pytest.raises(LookupError):
        explain(Why((Line("nonsense"),)))


@given(days, moments, calendars(), st.sampled_from(SourceLevel), st.sampled_from(Urgency))
def test_every_deadline_can_be_explained(
    day: date, moment: datetime, calendar: Calendar, level: SourceLevel, urgency: Urgency
) -> None:
    closing = reckon.closing(day, level, urgency, DEFAULT_RULES, calendar)
    for deadline in (
        closing,
        reckon.not_later_than(closing, day),
        reckon.decline_until(moment, calendar),
        reckon.acknowledge_by(moment, urgency, calendar),
    ):
        assert all(label and sentence for label, sentence in explain(deadline.why))
