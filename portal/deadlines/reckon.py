"""What a deadline is: the day it ends, the instant, and the reasons. Calendar days for the work, working days for the
unit's answer to an assignment.

Days are counted from the day after the event and end at 24:00 Asia/Shanghai.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Self

from portal.deadlines.calendar import Calendar
from portal.deadlines.formatting import day_words
from portal.deadlines.rules import (
    DEFAULT_LIMITS,
    EXTENSION_MONTHS,
    Limits,
    RuleTable,
    SourceLevel,
    Span,
    Urgency,
    months_after,
)
from portal.deadlines.why import Line, Why
from portal.kernel import clock
from portal.kernel.language import _
from portal.kernel.refusals import Invalid


@dataclass(frozen=True, slots=True)
class Deadline:
    """The last day, the UTC instant at which it is over (24:00 of that day unless hours were given), and why."""

    due_on: date
    due_at: datetime
    why: Why

    @classmethod
    def at_end_of(cls, due_on: date, why: Why) -> Self:
        """A deadline at 24:00 of a day."""
        return cls(due_on, clock.end_of(due_on), why)

    def passed(self, moment: datetime) -> bool:
        """The deadline is over at this moment; 24:00 itself is too late."""
        return moment >= self.due_at


def closing(
    received_on: date,
    source_level: SourceLevel,
    urgency: Urgency,
    rules: RuleTable,
    calendar: Calendar | None = None,
) -> Deadline:
    """By when the closing report must be issued. The calendar changes nothing; it names the holidays not deducted."""
    span = rules.rule(source_level, urgency).closing
    return _counted("closing_rule", span, received_on, source_level, urgency, rules, calendar)


def first_feedback(
    received_on: date,
    source_level: SourceLevel,
    urgency: Urgency,
    rules: RuleTable,
    calendar: Calendar | None = None,
) -> Deadline | None:
    """By when the first feedback is owed; None where the rules ask for none."""
    span = rules.rule(source_level, urgency).first_feedback
    if span is None:
        return None
    return _counted("first_feedback_rule", span, received_on, source_level, urgency, rules, calendar)


def given(due_on: date, given_by: str, given_on: date) -> Deadline:
    """A date that somebody set by hand, for instance when forwarding. `given_by` is a post, never a person's name."""
    rule = Line("given_rule", {"by": given_by, "on": given_on.isoformat()})
    return Deadline.at_end_of(due_on, Why((rule, _original(due_on))))


def not_later_than(deadline: Deadline, parent_due_on: date) -> Deadline:
    """A forwarded matter's deadline before any extension, cut to its parent's where it would be later: the cut date is
    then its original one."""
    if deadline.due_on <= parent_due_on:
        return deadline
    cut = Line("parent", {"due_on": parent_due_on.isoformat(), "by_rule": deadline.due_on.isoformat()})
    return Deadline.at_end_of(parent_due_on, deadline.why.without("original").plus(cut, _original(parent_due_on)))


def extension_limit(original_due_on: date) -> date:
    """The last day to which all extensions together may reach: the same day of the month after the original one."""
    return months_after(original_due_on, EXTENSION_MONTHS)


@dataclass(frozen=True, slots=True)
class Grant:
    """An extension as it was granted: to which day, by which post (永嘉县委督查室主任, never a person's name), on which day."""

    until: date
    by: str
    on: date


def extended(
    deadline: Deadline,
    original_due_on: date,
    new_due_on: date,
    granted_by: str,
    granted_on: date,
    parent_due_on: date | None = None,
) -> Deadline:
    """The deadline after an extension that is being granted.

    Refused when the new day is not later than the present one, beyond the limit, or beyond the parent's deadline.
    """
    if new_due_on <= deadline.due_on:
        raise _invalid_day(_("延期后的日期须晚于现定期限 %(day)s", day=day_words(deadline.due_on)))
    limit = extension_limit(original_due_on)
    if new_due_on > limit:
        raise _invalid_day(_("累计延期不得超过原定期限的次月同日 %(day)s", day=day_words(limit)))
    if parent_due_on is not None and new_due_on > parent_due_on:
        raise _invalid_day(_("转办事项的期限不得晚于上级事项的期限 %(day)s", day=day_words(parent_due_on)))
    return _moved(deadline, original_due_on, Grant(new_due_on, granted_by, granted_on), parent_due_on)


def with_grants(original: Deadline, grants: Iterable[Grant], parent_due_on: date | None = None) -> Deadline:
    """An original deadline as the extensions granted so far move it. What was granted stays granted: where the limit or
    the parent's deadline comes first it holds until that day, and where the original date is later it moves nothing."""
    deadline = original
    for grant in grants:
        deadline = _moved(deadline, original.due_on, grant, parent_due_on)
    return deadline


def _moved(deadline: Deadline, original_due_on: date, grant: Grant, parent_due_on: date | None) -> Deadline:
    limit = extension_limit(original_due_on)
    last = min(grant.until, limit, parent_due_on or limit)
    due_on = max(last, deadline.due_on)
    lines = []
    if last > deadline.due_on:
        days, total = (last - deadline.due_on).days, (last - original_due_on).days
        facts = {"days": days, "total_days": total, "by": grant.by, "on": grant.on.isoformat(), "limit": limit.isoformat()}
        lines.append(Line("extension", facts))
    if last < grant.until:
        by = "limit" if last == limit else "parent"
        lines.append(Line("extension_cut", {"until": grant.until.isoformat(), "due_on": due_on.isoformat(), "by": by}))
    elif not lines:
        lines.append(Line("extension_idle", {"until": grant.until.isoformat()}))
    why = deadline.why.without("current").plus(*lines)
    if why.first("extension"):
        why = why.plus(Line("current", {"due_on": due_on.isoformat()}))
    return Deadline.at_end_of(due_on, why)


def decline_until(assigned_at: datetime, calendar: Calendar, limits: Limits = DEFAULT_LIMITS) -> Deadline:
    """Until when an assignment may be declined: 24:00 of the last working day of the limit, by default the third."""
    assigned_on = _office_time(assigned_at).date()
    due_on = calendar.add_working_days(assigned_on, limits.decline_working_days)
    rule = Line("decline_rule", {"working_days": limits.decline_working_days, **_version(limits)})
    return Deadline.at_end_of(due_on, _worked(rule, assigned_at, due_on, clock.end_of(due_on), calendar))


def acknowledge_by(assigned_at: datetime, urgency: Urgency, calendar: Calendar, limits: Limits = DEFAULT_LIMITS) -> Deadline:
    """By when receipt must be confirmed: by default 24:00 of the next working day; urgent, after two office hours."""
    if urgency is Urgency.URGENT:
        due_at = _after_office_hours(assigned_at, limits, calendar)
        due_on = _office_time(due_at).date()
        rule = Line(
            "acknowledge_urgent_rule",
            {
                "hours": limits.acknowledge_urgent_hours,
                "opens": limits.opens.isoformat("minutes"),
                "closes": limits.closes.isoformat("minutes"),
                **_version(limits),
            },
        )
    else:
        due_on = calendar.add_working_days(_office_time(assigned_at).date(), limits.acknowledge_working_days)
        due_at = clock.end_of(due_on)
        rule = Line("acknowledge_rule", {"working_days": limits.acknowledge_working_days, **_version(limits)})
    return Deadline(due_on, due_at, _worked(rule, assigned_at, due_on, due_at, calendar))


def _counted(
    code: str,
    span: Span,
    received_on: date,
    source_level: SourceLevel,
    urgency: Urgency,
    rules: RuleTable,
    calendar: Calendar | None,
) -> Deadline:
    due_on = span.after(received_on)
    first_day = received_on + timedelta(days=1)
    rule = Line(
        code,
        {
            "source_level": source_level.value,
            "urgency": urgency.value,
            "span": span.to_json(),
            **_version(rules),
        },
    )
    counted = Line("received", {"received_on": received_on.isoformat(), "first_day": first_day.isoformat()})
    names = list(calendar.holiday_names(first_day, due_on)) if calendar else []
    nothing_deducted = Line("calendar_days", {"holidays": names})
    return Deadline.at_end_of(due_on, Why((rule, counted, nothing_deducted, _original(due_on))))


def _version(rules: RuleTable | Limits) -> dict[str, Any]:
    """Which version the rule is of, and who set it; nobody set the first."""
    if rules.origin is None:
        return {"version": rules.version}
    return {"version": rules.version, "set_by": rules.origin.by, "set_on": rules.origin.on.isoformat()}


def _original(due_on: date) -> Line:
    return Line("original", {"due_on": due_on.isoformat()})


def _worked(rule: Line, assigned_at: datetime, due_on: date, due_at: datetime, calendar: Calendar) -> Why:
    assigned_on = _office_time(assigned_at).date()
    off = [{"day": day.isoformat(), "name": calendar.name_of(day)} for day in calendar.days_off(assigned_on, due_on)]
    years = [year for year in range(assigned_on.year, due_on.year + 1) if calendar.is_provisional(date(year, 1, 1))]
    lines = [rule, Line("assigned", {"at": assigned_at.isoformat()}), Line("days_off", {"days": off})]
    if years:
        lines.append(Line("provisional", {"years": years}))
    lines.append(Line("instant", {"due_on": due_on.isoformat(), "due_at": due_at.isoformat()}))
    return Why(tuple(lines))


def _after_office_hours(moment: datetime, limits: Limits, calendar: Calendar) -> datetime:
    """The instant at which offices have been open for the urgent limit since `moment`."""
    needed = limits.urgent
    local = _office_time(moment)
    day = local.date()
    while True:
        if calendar.is_working(day):
            opens = clock.at(day, limits.opens.hour, limits.opens.minute)
            closes = clock.at(day, limits.closes.hour, limits.closes.minute)
            begins = max(moment, opens)
            if begins + needed <= closes:
                return begins + needed
            needed -= max(closes - begins, timedelta())
        day = calendar.next_working_day(day)


def _office_time(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone")
    return clock.local(moment)


def _invalid_day(sentence: str) -> Invalid:
    return Invalid(sentence, fields={"due_on": sentence})
