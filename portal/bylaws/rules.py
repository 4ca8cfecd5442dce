"""What may be set: the pure part. Two versions compared in words, and what a new one would change from now on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from portal.access.roles import Role
from portal.deadlines import reckon
from portal.deadlines.calendar import Calendar
from portal.deadlines.ladder import AGAIN, ASSIGNING_SUPERVISOR, UNACKNOWLEDGED, Ladder, Rung, planned
from portal.deadlines.rules import Limits, RuleTable, SourceLevel, Urgency
from portal.deadlines.words import due_words, instant_words, span_words
from portal.kernel import clock
from portal.kernel.language import _, _n

MOST_REASON = 500
FURTHEST = timedelta(days=366)
"""How far ahead a version may begin."""

AnyRules = RuleTable | Ladder | Limits


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that differs: what it is, how it stood and how it is to stand; None where it is new or gone."""

    what: str
    before: str | None
    after: str | None

    @property
    def differs(self) -> bool:
        """The two are not the same."""
        return self.before != self.after


@dataclass(frozen=True, slots=True)
class Moved:
    """Something of a record that would end at another time."""

    record_id: UUID
    number: str
    before: datetime
    after: datetime


def differences(before: AnyRules, after: AnyRules) -> list[Change]:
    """What differs between two sets of one kind, in the order of the page."""
    old, new = dict(_facts(before)), dict(_facts(after))
    both = [Change(what, old.get(what), new.get(what)) for what in dict.fromkeys([*old, *new])]
    return [change for change in both if change.differs]


def consequences(before: AnyRules, after: AnyRules, calendar: Calendar, moment: datetime) -> list[Change]:
    """From now on: what an instruction received, or an assignment made, at this moment would get by each of the two."""
    old, new = dict(_results(before, calendar, moment)), dict(_results(after, calendar, moment))
    return [Change(what, old.get(what), new.get(what)) for what in dict.fromkeys([*old, *new])]


def paper_words(level: SourceLevel, urgency: Urgency) -> str:
    """中央，急件."""
    return f"{level.label}{_('，')}{urgency.label}"


def rung_words(rung: Rung, repeat_days: int | None = None) -> str:
    """When a rung is sent: 到期前 7 日, 到期当日, 超期第 3 日."""
    if rung.code == UNACKNOWLEDGED:
        return _("逾时未签收")
    if repeat_days is not None:
        return _("超期第 %(day)d 日起，每 %(every)d 日一次", day=rung.day_offset, every=repeat_days)
    return day_words(rung.day_offset)


def day_words(offset: int) -> str:
    """A day counted from the due day."""
    if offset == 0:
        return _("到期当日")
    if offset < 0:
        return _n("到期前 %(num)d 日", "到期前 %(num)d 日", -offset)
    return _("超期第 %(day)d 日", day=offset)


def role_words(role: str) -> str:
    """Whom a rung reaches."""
    return _("交办的督查员") if role == ASSIGNING_SUPERVISOR else str(Role(role).label)


def roles_words(roles: tuple[str, ...]) -> str:
    """Several of them."""
    return _("、").join(role_words(role) for role in roles)


def rungs_of(ladder: Ladder) -> list[tuple[Rung, str]]:
    """All rungs of a ladder with the words for their day, in order."""
    return [
        *((rung, rung_words(rung)) for rung in ladder.rungs),
        (ladder.repeated, rung_words(ladder.repeated, ladder.repeat_days)),
        (ladder.not_acknowledged, rung_words(ladder.not_acknowledged)),
    ]


def limit_facts(limits: Limits) -> list[tuple[str, str]]:
    """The limits, each with its name."""
    hours = f"{limits.opens:%H:%M}—{limits.closes:%H:%M}"
    return [
        (_("退回交办"), _("交办后 %(days)d 个工作日内", days=limits.decline_working_days)),
        (_("签收，一般"), _("交办后 %(days)d 个工作日内", days=limits.acknowledge_working_days)),
        (_("签收，急件"), _("交办后 %(hours)d 个工作小时内", hours=limits.acknowledge_urgent_hours)),
        (_("办公时间"), hours),
    ]


def _facts(rules: AnyRules) -> Iterator[tuple[str, str]]:
    if isinstance(rules, RuleTable):
        for level, urgency, rule in rules.rows:
            paper = paper_words(level, urgency)
            yield _("%(paper)s：办结", paper=paper), span_words(rule.closing.to_json())
            feedback = rule.first_feedback
            yield _("%(paper)s：首次反馈", paper=paper), span_words(feedback.to_json()) if feedback else _("不要求")
    elif isinstance(rules, Limits):
        yield from limit_facts(rules)
    else:
        yield _("发送时刻"), f"{rules.hour:%H:%M}"
        yield _("重复提醒"), rung_words(rules.repeated, rules.repeat_days)
        for rung, words in rungs_of(rules):
            label = _("重复提醒的对象") if rung.code == AGAIN else words
            yield label, _(
                "%(open)s；限定知悉件：%(confidential)s",
                open=roles_words(rung.roles), confidential=roles_words(rung.for_confidential),
            )  # fmt: skip


def _results(rules: AnyRules, calendar: Calendar, moment: datetime) -> Iterator[tuple[str, str]]:
    today = clock.local(moment).date()
    if isinstance(rules, RuleTable):
        for level, urgency, _rule in rules.rows:
            paper = paper_words(level, urgency)
            yield _("%(paper)s：办结", paper=paper), due_words(reckon.closing(today, level, urgency, rules).due_on)
            feedback = reckon.first_feedback(today, level, urgency, rules)
            yield _("%(paper)s：首次反馈", paper=paper), due_words(feedback.due_on) if feedback else _("不要求")
    elif isinstance(rules, Limits):
        yield _("退回交办"), instant_words_or_day(reckon.decline_until(moment, calendar, rules))
        yield _("签收，一般"), instant_words_or_day(reckon.acknowledge_by(moment, Urgency.NORMAL, calendar, rules))
        yield _("签收，急件"), instant_words_or_day(reckon.acknowledge_by(moment, Urgency.URGENT, calendar, rules))
    else:
        yield from _reminders(rules, calendar, moment, example_due_on(today))


def example_due_on(today: date) -> date:
    """The due day of the example by which a ladder is shown: a month from today."""
    return today + timedelta(days=30)


def _reminders(ladder: Ladder, calendar: Calendar, moment: datetime, due_on: date) -> Iterator[tuple[str, str]]:
    for reminder in planned(due_on, moment, calendar, ladder):
        rung = ladder.rung(reminder.rung)
        words = _("%(at)s，%(roles)s", at=instant_words(reminder.send_at), roles=roles_words(rung.roles))
        again = rung.code == ladder.repeated.code
        yield (_("首次重复提醒") if again else rung_words(rung)), words


def instant_words_or_day(deadline: reckon.Deadline) -> str:
    """A deadline's end: the day at 24:00, or the instant where it ends within the day."""
    if deadline.due_at == clock.end_of(deadline.due_on):
        return due_words(deadline.due_on)
    return instant_words(deadline.due_at)
