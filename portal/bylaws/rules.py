"""What may be set: the pure part. Two versions compared in words, and how long ahead one may begin."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from portal.deadlines import reckon
from portal.deadlines.formatting import due_words, instant_words
from portal.kernel import clock

MOST_REASON = 500
FURTHEST = timedelta(days=366)
"""How far ahead a version may begin."""

Said = tuple[str, str]
"""What one thing is called, and how it stands."""


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

    kind: str
    record_id: UUID
    number: str
    before: datetime
    after: datetime


def compared(before: Iterable[Said], after: Iterable[Said]) -> list[Change]:
    """All that either says, in the order of the page, as it stood and as it is to stand."""
    old, new = dict(before), dict(after)
    return [Change(what, old.get(what), new.get(what)) for what in dict.fromkeys([*old, *new])]


def instant_words_or_day(deadline: reckon.Deadline) -> str:
    """A deadline's end: the day at 24:00, or the instant where it ends within the day."""
    if deadline.due_at == clock.end_of(deadline.due_on):
        return due_words(deadline.due_on)
    return instant_words(deadline.due_at)
