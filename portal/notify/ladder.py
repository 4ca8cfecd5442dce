"""The ladder of reminders as rows: planned with the clock, silent when it stops or moves, fired when due.

Who is told is decided when a rung fires. What falls due together for one clock, after days of outage too, becomes one
message for each person, under the last rung that reaches him. Messages, settled rungs and the next repetition are one
transaction: killed at any instant, it happened once or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol, cast
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.dialects.postgresql import insert

from portal.deadlines.ladder import Ladder, Planned, next_after
from portal.deadlines.queries import calendar_of
from portal.kernel import clock
from portal.kernel.db import current_city, db
from portal.notify.models import Reminder
from portal.notify.service import tell
from portal.registry.hooks import LADDERS

_ONE_AT_A_TIME = 0x1ADDE5  # the class of advisory locks by which one sweeper has a clock to itself


class RunningClock(Protocol):
    """A matter's clock, as far as the ladder knows it."""

    id: int
    record_id: UUID
    generation: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What the matter says of a clock when rungs are due: its present generation and end, whether it runs, and whom
    each rung reaches now, by the ladder that it began with. `waits`: an extension was asked in time and is not decided,
    so nothing is called overdue. `facts` are those of `tell`."""

    generation: int
    running: bool
    due_on: date
    ladder: Ladder
    facts: Mapping[str, Any]
    persons: Mapping[str, Sequence[int]]
    waits: bool = False


def plan(running: RunningClock, rungs: Iterable[Planned]) -> None:
    """Write down what this generation of a clock will send; what an older one still had to send falls silent."""
    db.session.execute(
        update(Reminder)
        .where(_pending((running.id,)), Reminder.generation < running.generation)
        .values(settled_at=clock.now(), outcome="superseded")
        .execution_options(synchronize_session=False)
    )
    _write(running.id, running.record_id, running.generation, rungs)


def cancel(running: RunningClock) -> None:
    """The clock stopped: nothing more is sent for it."""
    silence((running.id,))


def silence(clock_ids: Collection[int]) -> None:
    """These clocks stopped: nothing more is sent for them."""
    db.session.execute(
        update(Reminder)
        .where(_pending(clock_ids))
        .values(settled_at=clock.now(), outcome="stopped")
        .execution_options(synchronize_session=False)
    )


def due_clocks(now: datetime) -> list[int]:
    """The clocks of the session's city with rungs that are due, the longest waiting first."""
    return list(
        db.session.scalars(
            select(Reminder.clock_id)
            .where(Reminder.city_id == current_city(), Reminder.settled_at.is_(None), Reminder.send_at <= now)
            .group_by(Reminder.clock_id)
            .order_by(func.min(Reminder.send_at), Reminder.clock_id)
        )
    )


def next_due(after: datetime) -> datetime | None:
    """When the next of the rungs that wait in the session's city is due after that moment."""
    waiting = (Reminder.city_id == current_city(), Reminder.settled_at.is_(None), Reminder.send_at > after)
    return db.session.scalar(select(func.min(Reminder.send_at)).where(*waiting))


def fire(clock_id: int, now: datetime, *, told: bool = False) -> int:
    """Send what is due for one clock, or settle it as `told` already; how many messages are new. Leaves it for the next
    sweep where somebody else is at it: another sweeper, or an act that is just stopping or moving the clock."""
    if not db.session.scalar(select(func.pg_try_advisory_xact_lock(_ONE_AT_A_TIME, clock_id))):
        return 0
    mine = (_pending((clock_id,)), Reminder.send_at <= now)
    due = list(
        db.session.scalars(
            select(Reminder)
            .where(*mine)
            .order_by(Reminder.send_at, Reminder.id)
            .with_for_update(skip_locked=True)
            .execution_options(populate_existing=True)
        )
    )
    if not due or len(due) != db.session.scalar(select(func.count()).select_from(Reminder).where(*mine)):
        return 0
    answer = _asked(clock_id, due[0].record_id, {reminder.rung for reminder in due})
    if answer is None or not answer.running:
        return _settle(due, now, "stopped")
    _settle([reminder for reminder in due if reminder.generation != answer.generation], now, "superseded")
    return _send([reminder for reminder in due if reminder.generation == answer.generation], answer, now, told)


def _asked(clock_id: int, record_id: UUID, rungs: Collection[str]) -> Answer | None:
    # The first that knows the clock answers for it. All clocks have their numbers from one table, so no other does; and of
    # which kind a clock is, only whoever started it can say.
    for resolve in cast("Iterable[Callable[[int, UUID, Collection[str]], Answer | None]]", LADDERS):
        if (answer := resolve(clock_id, record_id, rungs)) is not None:
            return answer
    return None


def _send(due: list[Reminder], answer: Answer, now: datetime, told_already: bool) -> int:
    days = (answer.due_on - clock.local(now).date()).days
    if not due or (answer.waits and days < 0):
        return 0
    due = _with_repetitions(due, answer, now)
    if told_already:
        return _settle(due, now, "told")
    told: dict[int, Reminder] = {}
    for reminder in reversed(due):
        for person_id in answer.persons.get(reminder.rung, ()):
            told.setdefault(person_id, reminder)
    sent = 0
    for reminder in due:
        persons = [person_id for person_id, under in told.items() if under is reminder]
        kind, facts = _words(reminder.rung, days, answer)
        key = f"ladder:{reminder.clock_id}:{reminder.generation}:{reminder.rung}:{reminder.ordinal}"
        sent += len(tell(kind, persons, key=key, record_id=reminder.record_id, facts=facts, at=now))
        reached = bool(answer.persons.get(reminder.rung))
        _settle([reminder], now, "sent" if persons else "coalesced" if reached else "nobody")
    return sent


def _with_repetitions(due: list[Reminder], answer: Answer, now: datetime) -> list[Reminder]:
    """Adds the repetitions that passed meanwhile, where the repeated rung is due, and plans the first still to come."""
    repeated = [reminder for reminder in due if reminder.rung == answer.ladder.repeated.code]
    if not repeated:
        return due
    last = max(repeated, key=lambda reminder: reminder.ordinal)
    calendar = calendar_of(db.session())
    following = Planned(last.rung, last.ordinal, last.send_at)
    while True:
        following = next_after(following, answer.due_on, calendar, answer.ladder)
        _write(last.clock_id, last.record_id, last.generation, [following])
        if following.send_at > now:
            return due
        due = [*due, db.session.scalars(
            select(Reminder).where(
                Reminder.clock_id == last.clock_id,
                Reminder.generation == last.generation,
                Reminder.rung == following.rung,
                Reminder.ordinal == following.ordinal,
            )
        ).one()]  # fmt: skip


def _words(rung: str, days: int, answer: Answer) -> tuple[str, dict[str, Any]]:
    # Reckoned on the day it is sent, never taken from the rung's name.
    if rung == answer.ladder.not_acknowledged.code:
        return "not_acknowledged", dict(answer.facts)
    kind = "due_soon" if days > 0 else "overdue" if days < 0 else "due_today"
    return kind, {**answer.facts, "days": abs(days)}


def _pending(clock_ids: Collection[int]) -> ColumnElement[bool]:
    return (Reminder.city_id == current_city()) & Reminder.clock_id.in_(clock_ids) & Reminder.settled_at.is_(None)


def _settle(reminders: list[Reminder], now: datetime, outcome: str) -> int:
    for reminder in reminders:
        reminder.settled_at, reminder.outcome = now, outcome
    return 0


def _write(clock_id: int, record_id: UUID, generation: int, rungs: Iterable[Planned]) -> None:
    rows = [
        {
            "clock_id": clock_id,
            "record_id": record_id,
            "generation": generation,
            "rung": rung.rung,
            "ordinal": rung.ordinal,
            "send_at": rung.send_at,
        }
        for rung in rungs
    ]
    if rows:
        unique = ["clock_id", "generation", "rung", "ordinal"]
        db.session.execute(insert(Reminder).values(rows).on_conflict_do_nothing(index_elements=unique))
