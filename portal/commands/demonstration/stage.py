"""The stage on which scenes of the demonstration are played: all lives of a scene at once, in the order of time, with the
clock set back, in one transaction. Killed at any instant, a scene was played or was not; nobody meets half of it.

Reminders go out each morning along the way, so that messages stand where they would have stood.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID

from sqlalchemy import func, select, text, update

from portal.access.actor import SYSTEM
from portal.access.record import Record
from portal.access.visibility import as_seen_by
from portal.commands.demonstration.cast import Life, Start
from portal.commands.demonstration.numbers import Numbers
from portal.documents.numbering import kept_numbers
from portal.kernel import clock
from portal.kernel.city import Demonstration
from portal.kernel.db import db
from portal.notify import ladder

_PLAYED_BY_ONE = 0x5CE7E  # the class of advisory locks by which one process at a time plays a scene


@dataclass(frozen=True, slots=True)
class Story:
    """One row's life, not begun yet."""

    row: int
    request_key: UUID
    begin: Callable[[Start], Life]


@dataclass(frozen=True, slots=True)
class Scene:
    """Stories whose units give no number to those of another scene of the same act: one county's, or one department's of
    the city. `over`: their reports have the numbers that are kept for those who came before all others."""

    name: str
    over: bool
    stories: tuple[Story, ...]


def play(scene: Scene, numbers: Numbers, until: datetime, *, wait: bool) -> bool:
    """Play the scene in the session's city, unless that was done before, and commit; False where another process is at
    it just now and it is not waited for."""
    lock = (_PLAYED_BY_ONE, func.hashtext(f"{scene.name}:{scene.over}"))
    if wait:
        db.session.execute(select(func.pg_advisory_xact_lock(*lock)))
    elif not db.session.scalar(select(func.pg_try_advisory_xact_lock(*lock))):
        db.session.rollback()
        return False
    db.session.info.pop("cast", None)
    if not _was_played(scene):
        db.session.execute(text("SET LOCAL synchronous_commit = off"))
        _Performance(scene, numbers, until).live()
        db.session.execute(update(Demonstration).values(waiting=Demonstration.waiting - len(scene.stories)))
    db.session.commit()
    db.session.expunge_all()
    return True


def _was_played(scene: Scene) -> bool:
    first = scene.stories[0].request_key
    return db.session.scalar(select(Record.id).where(Record.request_key == first).options(as_seen_by(SYSTEM))) is not None


class _Performance:
    """One scene as it is played: its lives in one queue of time."""

    def __init__(self, scene: Scene, numbers: Numbers, until: datetime) -> None:
        self.scene, self.numbers, self.until = scene, numbers, until
        self.queue: list[tuple[datetime, int, int, Life]] = []
        self.count = 0
        self.reminded = datetime.min.replace(tzinfo=UTC)

    def live(self) -> None:
        """Take every step that is due by the end, in the order of time; a morning's reminders before the day's steps."""
        for story in self.scene.stories:
            self._begin(story.row, story.begin(partial(self._begin, story.row)))
        while self.queue and self.queue[0][0] <= self.until:
            moment, _number, row, life = heapq.heappop(self.queue)
            self._remind(moment)
            with clock.set_to(moment), kept_numbers(partial(self._number, row)):
                following = next(life, None)
                db.session.flush()
                db.session.expunge_all()
            if following is not None:
                self._add(max(following, moment), row, life)
        self._remind(self.until)

    def _begin(self, row: int, life: Life) -> None:
        """A life starts: its first moment decides when it acts."""
        first = next(life, None)
        if first is not None:
            self._add(first, row, life)

    def _add(self, moment: datetime, row: int, life: Life) -> None:
        self.count += 1
        heapq.heappush(self.queue, (moment, self.count, row, life))

    def _number(self, row: int, unit_id: int, series: str, year: int) -> int | None:
        if series.startswith("report:"):
            return self.numbers.report((unit_id, series, year)) if self.scene.over else None
        return self.numbers.matter(row)

    def _remind(self, before: datetime) -> None:
        """Each morning until then, send what is due. What does not go out then, since more time was asked for and nobody
        has decided, is left to the sweep, and holds up nothing that is due later."""
        while (due := ladder.next_due(self.reminded)) is not None:
            day = clock.local(due).date()
            morning = clock.at(day, 9, 1)
            if morning < due:
                morning = clock.at(day + timedelta(days=1), 9, 1)
            if morning > before:
                return
            with clock.set_to(morning):
                for clock_id in ladder.due_clocks(morning):
                    ladder.fire(clock_id, morning)
                db.session.flush()
                db.session.expunge_all()
            self.reminded = morning
