"""The terms of a matter: closing, first feedback, acknowledgement. Started, moved and stopped here, with their rungs.

The closing clock stops when the last signer issues; returned, it runs on as if it had never stopped. A moved end is a
new generation of the clock, so that rungs of the old one fall silent. A clock keeps the versions of the city's deadlines
and ladder that it began with, and an assignment the limits of its moment: new rules move nothing that runs.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select, update

from portal.access.actor import SYSTEM
from portal.access.models import Viewer
from portal.access.visibility import as_seen_by
from portal.deadlines import reckon
from portal.deadlines.calendar import Calendar
from portal.deadlines.ladder import Planned, planned
from portal.deadlines.queries import calendar_of, ladder_of, limits_at, rules_of
from portal.deadlines.reckon import Deadline
from portal.deadlines.why import Why
from portal.kernel import clock as kernel_clock
from portal.kernel.db import db
from portal.matters.models import ENDED, Clock, Matter
from portal.notify import ladder as rungs

CLOSING, FIRST_FEEDBACK, RECEIPT = "closing", "first_feedback", "receipt"


def closing_deadline(matter: Matter, rules_version: int | None = None) -> Deadline:
    """By when the closing report is to be issued, from level, urgency and date of receipt: by this version of the rules,
    for a new matter by those in force."""
    rules, calendar = rules_of(db.session(), rules_version), calendar_of(db.session())
    return reckon.closing(matter.received_on, matter.source_level, matter.urgency, rules, calendar)


def _feedback_deadline(matter: Matter, rules_version: int | None) -> Deadline | None:
    rules, calendar = rules_of(db.session(), rules_version), calendar_of(db.session())
    return reckon.first_feedback(matter.received_on, matter.source_level, matter.urgency, rules, calendar)


def acknowledge_by(matter: Matter, calendar: Calendar) -> Deadline:
    """By when receipt of this assignment must be confirmed, by the limits in force when it was made."""
    assigned_at = matter.assigned_at or kernel_clock.now()
    return reckon.acknowledge_by(assigned_at, matter.urgency, calendar, limits_at(db.session(), assigned_at))


def clock_of(matter: Matter, kind: str) -> Clock | None:
    """One of the matter's clocks."""
    return db.session.scalars(
        select(Clock).where(Clock.matter_id == matter.id, Clock.kind == kind).options(as_seen_by(SYSTEM))
    ).one_or_none()


def deadline_of(running: Clock) -> Deadline:
    """The clock's present end with its reasons."""
    return Deadline(running.due_on, running.due_at, Why.from_json(running.why))


def _new(matter: Matter, kind: str, like: Clock | None = None) -> Clock:
    """A clock that begins: with the versions in force now, or with those of the matter's other clock."""
    made = Clock(matter_id=matter.id, kind=kind, generation=0)
    _begin(made) if like is None else _take_versions(made, like)
    return made


def _begin(running: Clock) -> None:
    running.rules_version = rules_of(db.session()).version
    running.ladder_version = ladder_of(db.session()).version


def _take_versions(running: Clock, like: Clock) -> None:
    running.rules_version, running.ladder_version = like.rules_version, like.ladder_version


def start(matter: Matter, kind: str, deadline: Deadline, *, original: bool = True, like: Clock | None = None) -> Clock:
    """Start a clock, or give it a new end as a new generation. `original` resets the date that extensions count from; a
    clock that is new begins with the versions of `like`, or with those in force."""
    running = clock_of(matter, kind) or _new(matter, kind, like)
    _run(running, deadline, original=original)
    db.session.add(running)
    db.session.flush()
    if matter.assigned_at is not None:
        plan_rungs(matter, running)
    return running


def rerun(matter: Matter, running: Clock, deadline: Deadline) -> None:
    """A running clock gets another end, as a new generation with its rungs."""
    _run(running, deadline, original=True)
    db.session.flush()
    plan_rungs(matter, running)


def _run(running: Clock, deadline: Deadline, *, original: bool) -> None:
    running.generation += 1
    running.generation_at = kernel_clock.now()
    if original:
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
    feedback = _feedback_deadline(matter, None)
    if feedback:
        ends[FIRST_FEEDBACK] = reckon.not_later_than(feedback, deadline.due_on)
    made = []
    for kind, end in ends.items():
        made.append(_new(matter, kind))
        _run(made[-1], end, original=True)
    return made


def assigned(matter: Matter) -> None:
    """At assignment: the term for acknowledging begins, anew with each assignment, and the closing clock's rungs are
    planned."""
    receipt = clock_of(matter, RECEIPT)
    if receipt:
        _begin(receipt)
    start(matter, RECEIPT, acknowledge_by(matter, calendar_of(db.session())))
    running = clock_of(matter, CLOSING)
    if running:
        running.generation += 1
        running.generation_at = kernel_clock.now()
        db.session.flush()
        plan_rungs(matter, running)


def stop(matter: Matter, *kinds: str) -> None:
    """These clocks stop now; their rungs fall silent."""
    for running in db.session.scalars(
        select(Clock)
        .where(Clock.matter_id == matter.id, Clock.kind.in_(kinds), Clock.stopped_at.is_(None))
        .options(as_seen_by(SYSTEM))
    ):
        running.stopped_at = kernel_clock.now()
        rungs.cancel(running)


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


def moved(matter: Matter, deadline: Deadline, *, original: bool) -> None:
    """The closing clock gets a new end: extension, or a corrected date of receipt."""
    start(matter, CLOSING, deadline, original=original)
    matter.due_on = deadline.due_on
    if original:
        matter.original_due_on = deadline.due_on


def decline_until(matter: Matter) -> datetime | None:
    """The instant until which this assignment may be declined."""
    if matter.assigned_at is None:
        return None
    limits = limits_at(db.session(), matter.assigned_at)
    return reckon.decline_until(matter.assigned_at, calendar_of(db.session()), limits).due_at


def decline_days(matter: Matter) -> int:
    """Within how many working days this assignment may be declined."""
    return limits_at(db.session(), matter.assigned_at or kernel_clock.now()).decline_working_days


def corrected(matter: Matter) -> None:
    """Date of receipt, level or urgency was corrected: every term is reckoned anew, as a new generation, by the rules
    that it began with.

    An extension that was granted keeps its day where that is still later than the new original date and within its
    limit. A term that has stopped stays stopped. What was forwarded ends no later than this.
    """
    closing = clock_of(matter, CLOSING)
    version = closing.rules_version if closing else None
    granted = _granted(matter, closing)
    _reckon_anew(matter, CLOSING, deadline := closing_deadline(matter, version), closing)
    matter.original_due_on = matter.due_on = deadline.due_on
    if granted and deadline.due_on < granted[0] <= reckon.extension_limit(deadline.due_on):
        deadline = reckon.extended(deadline, deadline.due_on, *granted)
        _reckon_anew(matter, CLOSING, deadline, closing, original=False)
        matter.due_on = deadline.due_on
    feedback = _feedback_deadline(matter, version)
    known = clock_of(matter, FIRST_FEEDBACK)
    if feedback:
        _reckon_anew(matter, FIRST_FEEDBACK, reckon.not_later_than(feedback, matter.due_on), known, like=closing)
    elif known:
        stop(matter, FIRST_FEEDBACK)
    receipt = clock_of(matter, RECEIPT)
    if receipt and matter.assigned_at is not None:
        by = acknowledge_by(matter, calendar_of(db.session()))
        if by.due_at != receipt.due_at and receipt.stopped_at is None:
            start(matter, RECEIPT, by)
    _cut_below(matter)


def _granted(matter: Matter, closing: Clock | None) -> tuple[date, str, date] | None:
    line = Why.from_json(closing.why).first("extension") if closing else None
    if line is None or matter.due_on <= matter.original_due_on:
        return None
    return matter.due_on, str(line.params["by"]), date.fromisoformat(line.params["on"])


def _reckon_anew(
    matter: Matter, kind: str, deadline: Deadline, known: Clock | None, *, original: bool = True, like: Clock | None = None
) -> None:
    stopped_at = known.stopped_at if known else None
    running = start(matter, kind, deadline, original=original, like=like)
    if stopped_at is not None:
        running.stopped_at = stopped_at
        rungs.cancel(running)


def _cut(child: Matter, parent: Matter) -> None:
    closing = clock_of(child, CLOSING)
    if closing is None:
        return
    cut = reckon.not_later_than(deadline_of(closing), parent.due_on)
    _reckon_anew(child, CLOSING, cut, closing)
    child.original_due_on = child.due_on = cut.due_on
    db.session.execute(update(Viewer).where(Viewer.matter_id == child.id).values(due_on=cut.due_on))
    _cut_below(child)


def _cut_below(matter: Matter) -> None:
    for child in db.session.scalars(
        select(Matter)
        .where(Matter.parent_id == matter.id, Matter.due_on > matter.due_on, Matter.state.not_in(ENDED))
        .options(as_seen_by(SYSTEM))
    ).all():
        _cut(child, matter)
