"""When the city's calendar changes, what hangs on working days follows it: the instants of reminders that were not sent
yet, and the ends of receipts that are not over. Closing and first feedback are calendar days and never move.

A reminder keeps its row (clock, generation, rung, ordinal) and only gets another instant, so that it is still sent once;
one whose new instant is past goes out with the next sweep. A receipt gets its new end as a new generation.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, timedelta

from sqlalchemy import ColumnElement, or_, select, update

from portal.access.actor import SYSTEM, Actor, System
from portal.access.record import Record
from portal.access.visibility import as_seen_by
from portal.bylaws.rules import Moved
from portal.deadlines.calendar import Calendar
from portal.deadlines.ladder import UNACKNOWLEDGED, sent_at
from portal.deadlines.queries import calendar_of, forget, history_of, ladder_of
from portal.deadlines.reckon import Deadline
from portal.deadlines.versions import CALENDAR, NOTICE
from portal.kernel import clock
from portal.kernel.db import current_city, db
from portal.matters import clocks
from portal.matters.models import Clock, Matter
from portal.notify.models import Reminder

LONGEST_REST = timedelta(days=16)
"""No run of days off is longer: so far from a changed day an instant may move."""
MOST_LISTED = 50


def follow(calendar: Calendar, changed: Collection[date]) -> None:
    """Bring reminders and receipts into line with this calendar, of which these days are worked otherwise than before."""
    if changed:
        _move_reminders(calendar, changed)
        for matter, running, deadline in _receipts(SYSTEM, calendar):
            clocks.rerun(matter, running, deadline)


def follow_new_calendar() -> None:
    """For some minutes after an import, once more: a process that still remembered the old calendar may have planned by
    it meanwhile. Part of every sweep; costs nothing when nothing was imported."""
    since = clock.now() - 2 * NOTICE
    changed = {
        date.fromisoformat(day)
        for version in history_of(db.session()).of(CALENDAR)
        if version.made_at > since
        for day in version.data["changed"]
    }
    if changed:
        forget(current_city() or 0)
        follow(calendar_of(db.session()), changed)


def receipts_that_would_move(actor: Actor, calendar: Calendar) -> list[Moved]:
    """The running receipts that this calendar would move, as far as the reader sees the matters."""
    found = _receipts(actor, calendar)
    return [
        Moved(matter.kind, matter.id, matter.number, running.due_at, deadline.due_at)
        for (matter, running, deadline), _number in zip(found, range(MOST_LISTED), strict=False)
    ]


def _move_reminders(calendar: Calendar, changed: Collection[date]) -> None:
    # By distinct instants, not by matters: what it costs does not grow with the city.
    pending = (
        Reminder.city_id == current_city(),
        Reminder.settled_at.is_(None),
        or_(*_around(changed)),
    )
    instants = db.session.execute(
        select(Reminder.rung, Reminder.ordinal, Reminder.send_at, Clock.due_on, Clock.ladder_version)
        .join(Clock, Clock.id == Reminder.clock_id)
        .where(*pending, Clock.kind == clocks.CLOSING, Clock.generation == Reminder.generation)
        .distinct()
        .options(as_seen_by(SYSTEM))
    ).all()
    for rung, ordinal, before, due_on, version in instants:
        after = sent_at(rung, ordinal, due_on, calendar, ladder_of(db.session(), version))
        if after == before:
            continue
        of_that_day = select(Clock.id).where(Clock.kind == clocks.CLOSING, Clock.due_on == due_on, Clock.ladder_version == version)
        db.session.execute(
            update(Reminder)
            .where(
                Reminder.city_id == current_city(), Reminder.settled_at.is_(None), Reminder.send_at == before,
                Reminder.rung == rung, Reminder.ordinal == ordinal, Reminder.clock_id.in_(of_that_day),
            )
            .values(send_at=after)
            .options(as_seen_by(SYSTEM))
            .execution_options(synchronize_session=False)
        )  # fmt: skip


def _around(changed: Collection[date]) -> Iterator[ColumnElement[bool]]:
    """Conditions that hold for whatever is sent near one of these days."""
    spans: list[tuple[date, date]] = []
    for day in sorted(changed):
        first, last = day - LONGEST_REST, day + LONGEST_REST
        if spans and first <= spans[-1][1]:
            first = spans.pop()[0]
        spans.append((first, last))
    for first, last in spans:
        yield Reminder.send_at.between(clock.at(first), clock.end_of(last))


def _receipts(reader: Actor | System, calendar: Calendar) -> Iterator[tuple[Matter, Clock, Deadline]]:
    """The receipts still running that end at another instant by this calendar; one that would be over already is left."""
    rows = db.session.execute(
        select(Matter, Clock)
        .join(Record, Record.id == Matter.id)
        .join(Clock, Clock.record_id == Matter.id)
        .join(Reminder, (Reminder.clock_id == Clock.id) & (Reminder.generation == Clock.generation))
        .where(
            Reminder.city_id == current_city(),
            Reminder.settled_at.is_(None),
            Reminder.send_at > clock.now(),
            Reminder.rung == UNACKNOWLEDGED,
            Clock.kind == clocks.RECEIPT,
            Clock.stopped_at.is_(None),
        )
        .order_by(Clock.due_at, Record.number)
        .options(as_seen_by(reader))
    ).all()
    for matter, running in rows:
        deadline = clocks.acknowledge_by(matter, calendar)
        if deadline.due_at != running.due_at and deadline.due_at > clock.now():
            yield matter, running, deadline
