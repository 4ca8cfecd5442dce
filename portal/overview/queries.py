"""What the desk counts, in one statement, each count capped: tasks, what falls due, the fortnight, unread messages."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Select, Uuid, bindparam, func, select

from portal.access.actor import Actor
from portal.deadlines.lamp import SOON_DAYS
from portal.identity.models import SignInSession
from portal.kernel import clock
from portal.kernel.db import current_city
from portal.kernel.statements import Kept
from portal.matters.lists import MOST_COUNTED, counts
from portal.matters.lists.counts import Span
from portal.matters.lists.stretches import values_of
from portal.notify.models import Message
from portal.notify.queries import shown_to
from portal.registry.tasks import TASKS

_COUNTS = Kept()
FORTNIGHT = 14
MOST_A_DAY = 99
LONG_AGO, FAR_OFF = date(2000, 1, 1), date(9999, 12, 31)


@dataclass(frozen=True, slots=True)
class Counts:
    """`tasks`, `mine` (what waits for any of them) and `whens` (by the names of the register's groups) are counted no
    further than `MOST_COUNTED` + 1, `days` than `MOST_A_DAY` + 1."""

    tasks: dict[str, int]
    mine: int
    whens: dict[str, int]
    days: dict[date, int]
    unread: int
    last_sign_in_at: datetime | None
    last_sign_in_source: str | None


def counts_for(actor: Actor, kinds: Collection[str], session_id: UUID, *, business: bool) -> Counts:
    """Everything that the desk counts of these kinds for this reader, and when they signed in before; without business, messages
    only."""
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
        "city_id": current_city(),
        "person_id": actor.person_id,
        "session_id": session_id,
        **(values_of(actor, kinds, MOST_COUNTED) if business else {}),
        **({counts.TASK_NAMES: list(TASKS.names)} if business else {}),
        **(counts.spans_of("whens", whens) if business else {}),
        **(counts.spans_of("days", {day.isoformat(): Span(day, day) for day in fortnight}) if business else {}),
    }
    shape = "counts", business, actor.suspended
    row = _COUNTS.execute(shape, lambda: _counts(business, actor.suspended), values, {}).one()
    found = {name: getattr(row, name) or {} for name in names}
    return Counts(
        mine=found["tasks"].get(counts.ANY, 0) if business else 0,
        tasks={task: found["tasks"].get(task, 0) for task in TASKS.names} if business else {},
        whens={name: found["whens"].get(name, 0) for name in whens} if business else {},
        days={day: found["days"].get(day.isoformat(), 0) for day in fortnight} if business else {},
        unread=row.unread,
        last_sign_in_at=row.at,
        last_sign_in_source=row.source,
    )


def _counts(business: bool, suspended: bool) -> Select[Any]:
    columns: dict[str, Any] = {}
    if business:
        columns = {
            "tasks": counts.of_tasks(),
            "whens": counts.of_spans("whens"),
            "days": counts.of_spans("days", MOST_A_DAY),
        }
    person_id: Any = bindparam("person_id", type_=Integer)
    shown = shown_to(person_id, suspended, bindparam("city_id", type_=Integer))
    unread = select(Message.id).where(shown, Message.read_at.is_(None)).limit(MOST_COUNTED).subquery()
    before = (
        select(SignInSession.started_at, SignInSession.source)
        .where(SignInSession.person_id == person_id, SignInSession.id != bindparam("session_id", type_=Uuid))
        .order_by(SignInSession.started_at.desc())
        .limit(1)
        .subquery()
    )
    return select(
        *(column.label(name) for name, column in columns.items()),
        select(func.count()).select_from(unread).scalar_subquery().label("unread"),
        select(before.c.started_at).scalar_subquery().label("at"),
        select(before.c.source).scalar_subquery().label("source"),
    )
