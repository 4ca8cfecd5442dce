"""Setting rules and calendars: judged, numbered, written once, with who and why. Nothing that runs is touched by new
rules; a new calendar moves only what hangs on working days and is not over."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, timedelta
from typing import Any, cast

from sqlalchemy import func, select

from portal.access.actor import Actor, Standing
from portal.access.policy import allowed
from portal.audit import journal
from portal.bylaws import acts
from portal.bylaws.queries import newest
from portal.bylaws.rules import FURTHEST, MOST_REASON, Moved
from portal.deadlines.calendar import Calendar, CalendarEntry
from portal.deadlines.models import RuleSet
from portal.deadlines.queries import calendar_of, forget, history_of
from portal.deadlines.service import replace_year
from portal.deadlines.versions import CALENDAR, NOTICE, V, Versioned
from portal.kernel import clock
from portal.kernel.db import after_commit, current_city, db, take_time
from portal.kernel.language import _
from portal.kernel.refusals import Forbidden, Invalid, Stale
from portal.registry.acts import Act
from portal.registry.hooks import ON_CALENDAR_CHANGE, OnCalendarChange
from portal.registry.registered import Registered

_LOCK = 0x10_1E5
_FOLLOWERS = cast("Registered[OnCalendarChange[Actor, Calendar, Moved]]", ON_CALENDAR_CHANGE)
AHEAD = 1
"""How many years ahead a calendar may be imported."""


def set_rules(
    actor: Actor, what: Versioned[V], rules: V, *, reason: str, from_on: date | None = None, seen: int | None = None
) -> RuleSet:
    """A new version of these rules of the city, in force from the beginning of a later day, or at once.

    Refused: Forbidden to whom the rules are not; Stale when a version was set since the page was drawn (`seen`: the
    newest one then); Invalid without a reason, for a day that is not later or too far, or when nothing changes.
    """
    standing = _may(actor, acts.KEEP_RULES, _("督办规则由市级督查室主任维护"))
    number = _next(what.name, seen)
    fields = _reason_faults(reason)
    if fault := day_fault(from_on):
        fields["from_on"] = fault
    if fields:
        raise Invalid(_("规则没有发布"), fields=fields)
    before = history_of(db.session()).built(what, number - 1)
    after = rules.to_json() | {"version": number}
    if before.to_json() | {"version": number} == after:
        raise Invalid(_("与第 %(version)d 版相同，没有要发布的改动", version=number - 1))
    from_at = clock.at(from_on) if from_on else clock.now() + NOTICE
    made = _write(actor, standing, what.name, number, after, from_at, reason)
    journal.record(
        actor, "set_rules", "rules", f"{what.name}:{number}", standing=standing, before=before.to_json(),
        after=after | {"from_at": made.from_at.isoformat(), "reason": reason},
    )  # fmt: skip
    return made


def day_fault(from_on: date | None) -> str | None:
    """Why rules cannot begin on this day; none where they can, or where they are to begin at once."""
    if from_on is None or clock.today() < from_on <= clock.today() + FURTHEST:
        return None
    return _("填写明天起一年之内的日期；立即施行的不必填写")


def import_calendar(
    actor: Actor, year: int, days: Mapping[date, CalendarEntry], *, source: str, reason: str = "", seen: int | None = None
) -> RuleSet:
    """The State Council's notice for a year takes the place of what the calendar says of it. Reminders that were not
    sent and receipts that are not over follow in the same transaction.

    A year that was imported already is corrected only with a reason, and its days that have passed stay as they were.
    Refused: Forbidden, Stale as `set_rules`; Invalid for a year out of reach, no days, no source, a missing reason.
    """
    take_time()
    standing = _may(actor, acts.KEEP_CALENDAR, _("工作日历由市级秘书处维护"))
    number = _next(CALENDAR, seen)
    before = calendar_of(db.session())
    after = before.with_year(year, days)
    correction = is_imported(before, year)
    fields = {} if not correction else _reason_faults(reason)
    if not clock.today().year <= year <= clock.today().year + AHEAD:
        fields["year"] = _("只能导入今年和明年的放假安排")
    if not source:
        fields["source"] = _("请填写通知的文号")
    if not days:
        fields["days"] = _("没有要导入的日期")
    changed = before.worked_otherwise(after, date(year, 1, 1), date(year, 12, 31))
    if correction and any(day < clock.today() for day in changed):
        fields["days"] = _("已经过去的日子不能更改")
    if fields:
        raise Invalid(_("放假安排没有导入"), fields=fields)
    if correction and before.entries(year) == dict(sorted(days.items())):
        raise Invalid(_("与现有的放假安排相同，没有要导入的改动"))
    data = {
        "year": year,
        "source": source,
        "correction": correction,
        "days": _plain(days),
        "changed": [day.isoformat() for day in changed],
    }
    made = _write(actor, standing, CALENDAR, number, data, clock.now(), reason)
    replace_year(db.session(), current_city() or 0, year, days, source[:40], correct=True)
    journal.record(
        actor, "import_calendar", "calendar", year, standing=standing, before={"days": _plain(before.entries(year))},
        after=data | {"reason": reason},
    )  # fmt: skip
    follow(after, changed)
    return made


def follow(calendar: Calendar, days: Collection[date]) -> None:
    """By this calendar these days are worked otherwise than before: what hangs on them moves."""
    for one in _FOLLOWERS:
        one.follow(calendar, days)


def would_move(reader: Actor, calendar: Calendar) -> list[Moved]:
    """What would end at another time by this calendar, as far as the reader sees it."""
    return [moved for one in _FOLLOWERS for moved in one.would_move(reader, calendar)]


def is_imported(calendar: Calendar, year: int) -> bool:
    """The year's notice stands in the calendar already."""
    return not calendar.is_provisional(date(year, 1, 1))


def _may(actor: Actor, act: Act, sentence: str) -> Standing:
    decision = allowed(actor, act)
    if not decision or decision.standing is None:
        raise Forbidden(sentence, unmet=decision.unmet)
    return decision.standing


def _next(name: str, seen: int | None) -> int:
    # Two who set at the same moment are numbered one after the other, and the second is told.
    db.session.execute(select(func.pg_advisory_xact_lock(_LOCK, current_city())))
    forget(current_city() or 0)
    last = newest(name)
    if seen is not None and seen != last:
        raise Stale(
            _("您打开页面之后，别人已发布了新的版本，本次没有保存；您填写的内容仍在下面"),
            changes=[_("最新的是第 %(version)d 版", version=last)],
        )
    return last + 1


def _reason_faults(reason: str) -> dict[str, str]:
    if not reason:
        return {"reason": _("请写明理由")}
    return {"reason": _("理由最多 %(most)d 个字", most=MOST_REASON)} if len(reason) > MOST_REASON else {}


def _write(actor: Actor, standing: Standing, name: str, number: int, data: dict[str, Any], from_at: Any, reason: str) -> RuleSet:
    made = RuleSet(
        kind=name,
        version=number,
        data=data,
        from_at=from_at,
        made_at=clock.now(),
        made_by_id=actor.person_id,
        set_by=standing.title[:120],
        reason=reason,
    )
    db.session.add(made)
    db.session.flush()
    city_id = current_city() or 0
    after_commit(lambda: forget(city_id))
    return made


def _plain(days: Mapping[date, CalendarEntry]) -> list[list[str]]:
    return [[day.isoformat(), entry.kind, entry.name] for day, entry in sorted(days.items())]


def moved_days(before: Calendar, after: Calendar, first: date, last: date) -> list[tuple[date, date, date]]:
    """The days whose reminders would be sent on another day: (day, sent by the old calendar, sent by the new one)."""
    found = []
    day = first
    while day <= last:
        old, new = before.working_day_on_or_before(day), after.working_day_on_or_before(day)
        if old != new:
            found.append((day, old, new))
        day += timedelta(days=1)
    return found
