"""The terms of a matter: closing, first feedback, acknowledgement. Started, moved and stopped here, with their rungs.

The closing clock stops when the last signer issues; returned, it runs on as if it had never stopped. A moved end is a
new generation of the clock, so that rungs of the old one fall silent. A clock keeps the versions of the city's deadlines
and ladder that it began with, and an assignment the limits of its moment: new rules move nothing that runs.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import func, select, update

from portal.access.actor import SYSTEM
from portal.access.visibility import as_seen_by
from portal.deadlines import reckon
from portal.deadlines.calendar import Calendar
from portal.deadlines.ladder import Planned, planned
from portal.deadlines.queries import calendar_of, ladder_of, limits_at
from portal.deadlines.reckon import Deadline, Grant
from portal.deadlines.why import Why
from portal.kernel import clock as kernel_clock
from portal.kernel.db import db
from portal.matters.kinds import kind_of
from portal.matters.models import Clock, Entry, Extension, Matter, State
from portal.network.queries import name_then
from portal.notify import ladder as rungs

CLOSING, FIRST_FEEDBACK, RECEIPT = "closing", "first_feedback", "receipt"


def original_term(matter: Matter, above: date | None, rules_version: int | None = None) -> Deadline:
    """By when the closing report is to be issued before any extension: the date that was given, or what its kind's rule reckons
    (by this version, for a new matter by that in force); never later than `above`, the parent's deadline."""
    if matter.given_due_on is not None:
        by = name_then(matter.registering_unit, matter.registered_at)
        base = reckon.given(matter.given_due_on, by, kernel_clock.local(matter.registered_at).date())
    else:
        base = kind_of(matter).terms.closing(matter, rules_version)
    return base if above is None else reckon.not_later_than(base, above)


def parent_due(matter: Matter) -> date | None:
    """The parent's deadline, of what was forwarded."""
    if matter.parent_id is None:
        return None
    return db.session.scalar(select(Matter.due_on).where(Matter.id == matter.parent_id).options(as_seen_by(SYSTEM)))


def _grants(matter: Matter) -> list[Grant]:
    rows = db.session.scalars(
        select(Extension)
        .where(Extension.record_id == matter.id, Extension.granted.is_(True))
        .order_by(Extension.decided_at)
        .options(as_seen_by(SYSTEM))
    )
    return [
        Grant(row.granted_until, row.granted_as, kernel_clock.local(row.decided_at).date())
        for row in rows
        if row.granted_until and row.granted_as is not None and row.decided_at
    ]


def acknowledge_by(matter: Matter, calendar: Calendar) -> Deadline:
    """By when receipt of this assignment must be confirmed, by the limits in force when it was made."""
    assigned_at = matter.assigned_at or kernel_clock.now()
    return reckon.acknowledge_by(assigned_at, matter.urgency, calendar, limits_at(db.session(), assigned_at))


def clock_of(matter: Matter, kind: str) -> Clock | None:
    """One of the matter's clocks."""
    return db.session.scalars(
        select(Clock).where(Clock.record_id == matter.id, Clock.kind == kind).options(as_seen_by(SYSTEM))
    ).one_or_none()


def deadline_of(running: Clock) -> Deadline:
    """The clock's present end with its reasons."""
    return Deadline(running.due_on, running.due_at, Why.from_json(running.why))


def _new(matter: Matter, kind: str, like: Clock | None = None) -> Clock:
    """A clock that begins: with the versions in force now, or with those of the matter's other clock."""
    made = Clock(record_id=matter.id, kind=kind, generation=0)
    _begin(matter, made) if like is None else _take_versions(made, like)
    return made


def _begin(matter: Matter, running: Clock) -> None:
    running.rules_version = kind_of(matter).terms.version()
    running.ladder_version = ladder_of(db.session()).version


def _take_versions(running: Clock, like: Clock) -> None:
    running.rules_version, running.ladder_version = like.rules_version, like.ladder_version


def start(matter: Matter, kind: str, deadline: Deadline, *, like: Clock | None = None) -> Clock:
    """Start a clock, or give it a new end as a new generation; one that is new begins with the versions of `like`, or with
    those in force."""
    running = clock_of(matter, kind) or _new(matter, kind, like)
    _run(running, deadline)
    db.session.add(running)
    db.session.flush()
    if matter.assigned_at is not None and matter.state != State.REGISTERED:
        plan_rungs(matter, running)
    return running


def rerun(matter: Matter, running: Clock, deadline: Deadline) -> None:
    """A running clock gets another end, as a new generation with its rungs."""
    _run(running, deadline)
    db.session.flush()
    plan_rungs(matter, running)


def _run(running: Clock, deadline: Deadline) -> None:
    running.generation += 1
    running.generation_at = kernel_clock.now()
    running.original_due_on = deadline.due_on
    running.due_on, running.due_at, running.why = deadline.due_on, deadline.due_at, deadline.why.to_json()
    running.stopped_at = None


def plan_rungs(matter: Matter, running: Clock) -> None:
    """The rungs still to come of this generation become rows."""
    ladder = ladder_of(db.session(), running.ladder_version)
    if running.kind == CLOSING:
        calendar = calendar_of(db.session())
        rungs.plan(running, planned(running.due_on, running.generation_at, calendar, ladder))
    elif running.kind == RECEIPT:
        rungs.plan(running, (Planned(ladder.not_acknowledged.code, 1, running.due_at),))


def first_clocks(matter: Matter, deadline: Deadline) -> list[Clock]:
    """Of a new matter: the closing clock, and first feedback where the rules ask for one. Rungs come with assignment."""
    ends = {CLOSING: deadline}
    feedback = kind_of(matter).terms.feedback(matter, None)
    if feedback:
        ends[FIRST_FEEDBACK] = reckon.not_later_than(feedback, deadline.due_on)
    made = []
    for kind, end in ends.items():
        made.append(_new(matter, kind))
        _run(made[-1], end)
    return made


def assigned(matter: Matter) -> None:
    """At assignment: the term for acknowledging begins, anew with each assignment, and the closing clock's rungs are
    planned."""
    receipt = clock_of(matter, RECEIPT)
    if receipt:
        _begin(matter, receipt)
    start(matter, RECEIPT, acknowledge_by(matter, calendar_of(db.session())))
    running = clock_of(matter, CLOSING)
    if running:
        running.generation += 1
        running.generation_at = kernel_clock.now()
        db.session.flush()
        plan_rungs(matter, running)


def stop(matter: Matter, *kinds: str) -> None:
    """These clocks stop now; their rungs fall silent."""
    stopped = db.session.scalars(
        update(Clock)
        .where(Clock.record_id == matter.id, Clock.kind.in_(kinds), Clock.stopped_at.is_(None))
        .values(stopped_at=kernel_clock.now())
        .returning(Clock.id)
        .options(as_seen_by(SYSTEM))
    ).all()
    if stopped:
        rungs.silence(stopped)


def run_on(matter: Matter) -> None:
    """Returned for rework: the closing clock runs on as if it had never stopped; rungs that passed meanwhile are not
    sent again."""
    running = clock_of(matter, CLOSING)
    if running is None:
        return
    running.stopped_at = None
    running.generation += 1
    running.generation_at = kernel_clock.now()
    db.session.flush()
    plan_rungs(matter, running)


def decline_until(matter: Matter) -> datetime | None:
    """The instant until which this assignment may be declined."""
    if matter.assigned_at is None:
        return None
    limits = limits_at(db.session(), matter.assigned_at)
    return reckon.decline_until(matter.assigned_at, calendar_of(db.session()), limits).due_at


def decline_days(matter: Matter) -> int:
    """Within how many working days this assignment may be declined."""
    return limits_at(db.session(), matter.assigned_at or kernel_clock.now()).decline_working_days


def renew(matter: Matter) -> None:
    """Every term is reckoned again from the facts as they stand (level, urgency, dates, what was given and granted, the
    parent's deadline), by the rules that it began with. An end that moves is a new generation; a term that has stopped
    stays stopped. For an act that has changed one of these facts: `service.renewing` calls it."""
    db.session.flush()
    closing, above = clock_of(matter, CLOSING), parent_due(matter)
    version = closing.rules_version if closing else None
    original = original_term(matter, above, version)
    deadline = reckon.with_grants(original, _grants(matter), above)
    matter.original_due_on, matter.due_on = original.due_on, deadline.due_on
    _turn(matter, CLOSING, deadline, closing, original_due_on=original.due_on)
    feedback, known = kind_of(matter).terms.feedback(matter, version), clock_of(matter, FIRST_FEEDBACK)
    if feedback:
        _turn(matter, FIRST_FEEDBACK, reckon.not_later_than(feedback, matter.due_on), known, like=closing)
    elif known:
        db.session.delete(known)
    receipt = clock_of(matter, RECEIPT)
    if receipt and matter.assigned_at is not None:
        _turn(matter, RECEIPT, acknowledge_by(matter, calendar_of(db.session())), receipt)
    db.session.flush()


def _turn(
    matter: Matter,
    kind: str,
    deadline: Deadline,
    known: Clock | None,
    *,
    original_due_on: date | None = None,
    like: Clock | None = None,
) -> None:
    if known is None:
        running = start(matter, kind, deadline, like=like)
        running.stopped_at = _feedback_given(matter)
    elif known.due_at != deadline.due_at:
        stopped_at = known.stopped_at
        running = start(matter, kind, deadline)
        if stopped_at is not None:
            running.stopped_at = stopped_at
            rungs.cancel(running)
    else:
        running = known
        running.why = deadline.why.to_json()
    running.original_due_on = original_due_on or deadline.due_on


def _feedback_given(matter: Matter) -> datetime | None:
    """When first feedback was given, or the report issued without one; for a clock that begins late."""
    given = db.session.scalar(
        select(func.min(Entry.at)).where(Entry.record_id == matter.id, Entry.first_feedback).options(as_seen_by(SYSTEM))
    )
    return given or matter.issued_at
