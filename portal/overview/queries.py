"""What the desk counts, in one statement, each count capped: tasks, what falls due, the fortnight."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Select, Uuid, bindparam, select

from portal.access.actor import Actor
from portal.deadlines.lamp import SOON_DAYS
from portal.identity.models import SignInSession
from portal.kernel import clock
from portal.kernel.statements import Kept
from portal.matters.lists import counts
from portal.matters.lists.counts import Span
from portal.matters.lists.stretches import values_of
from portal.registry.tasks import TASKS

_COUNTS = Kept()
FORTNIGHT = 14
MOST_COUNTED, MOST_A_DAY = 100, 99  # what is behind a number says the list that it opens
LONG_AGO, FAR_OFF = date(2000, 1, 1), date(9999, 12, 31)


@dataclass(frozen=True, slots=True)
class Counts:
    """`tasks`, `mine` (what waits for any of them) and `whens` (by the names of the register's groups) are counted no
    further than `MOST_COUNTED` + 1, `days` than `MOST_A_DAY` + 1."""

    tasks: dict[str, int]
    mine: int
    whens: dict[str, int]
    days: dict[date, int]
    last_sign_in_at: datetime | None
    last_sign_in_source: str | None


def counts_for(actor: Actor, kinds: Collection[str], session_id: UUID, *, business: bool) -> Counts:
    """Everything that the desk counts of these kinds for this reader, and when they signed in before; without business, the
    latter only."""
    today = clock.today()
    whens = {
        "today": Span(today, today),
        "soon": Span(today + timedelta(days=1), today + timedelta(days=SOON_DAYS)),
        "late": Span(LONG_AGO, today - timedelta(days=1)),
        "waiting": Span(LONG_AGO, FAR_OFF, stopped=True),
        "rest": Span(today + timedelta(days=SOON_DAYS + 1), FAR_OFF),
    }
    fortnight = [today + timedelta(days=number) for number in range(FORTNIGHT)]
    names = ("tasks", "whens", "days") if business else ()
    values = {
        "person_id": actor.person_id,
        "session_id": session_id,
        **(values_of(actor, kinds, MOST_COUNTED) if business else {}),
        **({counts.TASK_NAMES: list(TASKS.names)} if business else {}),
        **(counts.spans_of("whens", whens) if business else {}),
        **(counts.spans_of("days", {day.isoformat(): Span(day, day) for day in fortnight}) if business else {}),
    }
    row = _COUNTS.execute(("counts", business), lambda: _counts(business), values, {}).one()
    found = {name: getattr(row, name) or {} for name in names}
    return Counts(
        mine=found["tasks"].get(counts.ANY, 0) if business else 0,
        tasks={task: found["tasks"].get(task, 0) for task in TASKS.names} if business else {},
        whens={name: found["whens"].get(name, 0) for name in whens} if business else {},
        days={day: found["days"].get(day.isoformat(), 0) for day in fortnight} if business else {},
        last_sign_in_at=row.at,
        last_sign_in_source=row.source,
    )


def _counts(business: bool) -> Select[Any]:
    columns: dict[str, Any] = {}
    if business:
        columns = {
            "tasks": counts.of_tasks(MOST_COUNTED),
            "whens": counts.of_spans("whens", MOST_COUNTED),
            "days": counts.of_spans("days", MOST_A_DAY),
        }
    person_id: Any = bindparam("person_id", type_=Integer)
    before = (
        select(SignInSession.started_at, SignInSession.source)
        .where(SignInSession.person_id == person_id, SignInSession.id != bindparam("session_id", type_=Uuid))
        .order_by(SignInSession.started_at.desc())
        .limit(1)
        .subquery()
    )
    return select(
        *(column.label(name) for name, column in columns.items()),
        select(before.c.started_at).scalar_subquery().label("at"),
        select(before.c.source).scalar_subquery().label("source"),
    )
