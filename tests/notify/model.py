"""The plain model that the portal's messages are compared with: who must have been told of which rung, and no more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select

from portal.access.actor import SYSTEM
from portal.access.visibility import as_seen_by
from portal.deadlines.ladder import DEFAULT_LADDER, Planned, next_after, planned
from portal.deadlines.queries import calendar_of
from portal.kernel.db import db, enter
from portal.matters.models import Clock, Matter
from portal.notify.jobs import fire_due
from portal.notify.models import Message
from tests.world import World

# As the office's rules say it, written out once more; `handler` is whoever handles it that day.
REACHES: Mapping[str, tuple[str, ...]] = {
    "before_7": ("handler",),
    "before_3": ("handler",),
    "before_1": ("handler",),
    "due_day": ("handler",),
    "overdue_1": ("handler", "health.director"),
    "overdue_3": ("health.deputy",),
    "overdue_7": ("health.leader", "city.head"),
    "overdue_again": ("health.leader", "city.head"),
}
Told = tuple[int, str, int, str]  # generation, rung, ordinal, person


@dataclass
class Model:
    """One closing clock. Knows no database, no crash and no second sweeper: a sweep is a moment."""

    calendar: object
    handler: str
    told: set[Told] = field(default_factory=set)
    generation: int = 0
    due_on: date | None = None
    waiting: list[Planned] = field(default_factory=list)
    running: bool = True

    def starts(self, generation: int, due_on: date, at: datetime) -> None:
        self.generation, self.due_on = generation, due_on
        self.waiting = list(planned(due_on, at, self.calendar, DEFAULT_LADDER))  # type: ignore[arg-type]

    def swept(self, at: datetime) -> None:
        assert self.due_on is not None
        while self.waiting[-1].send_at <= at:
            self.waiting.append(next_after(self.waiting[-1], self.due_on, self.calendar, DEFAULT_LADDER))  # type: ignore[arg-type]
        due = [rung for rung in self.waiting if rung.send_at <= at]
        self.waiting = [rung for rung in self.waiting if rung.send_at > at]
        if not self.running:
            return
        last: dict[str, Planned] = {}
        for rung in due:
            for who in REACHES[rung.rung]:
                last[self.handler if who == "handler" else who] = rung
        self.told |= {(self.generation, rung.rung, rung.ordinal, person) for person, rung in last.items()}


def model_of(world: World, matter_id: UUID, handler: str = "health.handler") -> Model:
    """The model of a matter's closing clock as it stands now."""
    with world.work():
        running = closing(matter_id)
        model = Model(calendar_of(db.session()), handler)
        model.starts(running.generation, running.due_on, running.generation_at)
    return model


def closing(matter_id: UUID) -> Clock:
    """The matter's closing clock; inside `work`."""
    return db.session.scalars(
        select(Clock).where(Clock.record_id == matter_id, Clock.kind == "closing").options(as_seen_by(SYSTEM))
    ).one()


def sweep(world: World, now: datetime) -> None:
    """One sweep of the world's city at that moment, as a worker does it."""
    with world.app.app_context():
        enter(world.id)
        fire_due(now)


def told(world: World, *matters: UUID) -> list[Told]:
    """What people were really told by the ladder of these matters' closing clocks, with repetitions if there are any."""
    names = {number: name for name, number in world.people.items()}
    with world.work():
        found = []
        for matter_id in matters:
            clock_id = closing(matter_id).id
            for message in db.session.scalars(
                select(Message).where(Message.city_id == world.id, Message.key.startswith(f"ladder:{clock_id}:"))
            ):
                _ladder, _clock, generation, rung, ordinal, person = message.key.split(":")
                assert int(person) == message.person_id
                found.append((int(generation), rung, int(ordinal), names[message.person_id]))
    return sorted(found)


def whole(matter_id: UUID) -> Matter:
    """The matter, as the portal itself sees it; inside `work`."""
    return db.session.scalars(select(Matter).where(Matter.id == matter_id).options(as_seen_by(SYSTEM))).one()
