"""The city's calendar and rules as they stand, each read in one statement and remembered for a minute in each process."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from time import monotonic
from typing import TYPE_CHECKING, TypeVar, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.deadlines.calendar import Calendar, CalendarEntry
from portal.deadlines.ladder import LADDER, Ladder
from portal.deadlines.models import CalendarDay, RuleSet
from portal.deadlines.rules import DEADLINES, LIMITS, Limits, RuleTable
from portal.deadlines.versions import History, V, Version, Versioned
from portal.kernel import clock
from portal.kernel.db import current_city

if TYPE_CHECKING:
    from portal.deadlines.calendar import KindOfDay

REMEMBERED_SECONDS = 60.0

T = TypeVar("T")
_remembered: dict[int, tuple[float, Calendar]] = {}
_histories: dict[int, tuple[float, History]] = {}


def calendar_of(session: Session) -> Calendar:
    """The working days of the city that the session works in; at most a minute behind an import elsewhere."""
    return _known(_remembered, _city(session), lambda city_id: _read_calendar(session, city_id))


def history_of(session: Session) -> History:
    """All versions of the rules of the city that the session works in; at most a minute behind a change elsewhere."""
    return _known(_histories, _city(session), lambda city_id: _read_history(session, city_id))


def set_of(session: Session, what: Versioned[V], version: int | None = None, *, at: datetime | None = None) -> V:
    """What the city has set of this: the version of this number, or the one in force at this moment, which is now where no
    other is named."""
    number = version or history_of(session).in_force(what, at or clock.now())
    try:
        return history_of(session).built(what, number)
    except KeyError:  # younger than what this process remembers
        _histories.pop(_city(session), None)
        return history_of(session).built(what, number)


def rules_of(session: Session, version: int | None = None) -> RuleTable:
    """The city's table of deadlines: of this version, or the one in force now."""
    return set_of(session, DEADLINES, version)


def ladder_of(session: Session, version: int | None = None) -> Ladder:
    """The city's ladder: of this version, or the one in force now."""
    return set_of(session, LADDER, version)


def limits_at(session: Session, moment: datetime) -> Limits:
    """The city's limits in force at this moment: an assignment keeps those of the moment in which it was made."""
    return set_of(session, LIMITS, at=moment)


def forget(city_id: int) -> None:
    """The city's calendar or rules changed: read them again."""
    _remembered.pop(city_id, None)
    _histories.pop(city_id, None)


def _city(session: Session) -> int:
    city_id = current_city(session)
    if city_id is None:
        raise LookupError("the session works in no city")
    return city_id


def _known(remembered: dict[int, tuple[float, T]], city_id: int, read: Callable[[int], T]) -> T:
    known = remembered.get(city_id)
    if known and monotonic() - known[0] < REMEMBERED_SECONDS:
        return known[1]
    found = read(city_id)
    remembered[city_id] = (monotonic(), found)
    return found


def _read_calendar(session: Session, city_id: int) -> Calendar:
    rows = session.execute(
        select(CalendarDay.day, CalendarDay.kind, CalendarDay.name, CalendarDay.confirmed).where(CalendarDay.city_id == city_id)
    )
    return Calendar({day: CalendarEntry(cast("KindOfDay", kind), name, confirmed) for day, kind, name, confirmed in rows})


def _read_history(session: Session, city_id: int) -> History:
    rows = session.execute(
        select(RuleSet.kind, RuleSet.version, RuleSet.data, RuleSet.from_at, RuleSet.made_at, RuleSet.set_by)
        .where(RuleSet.city_id == city_id)
        .order_by(RuleSet.version)
    )
    return History([Version(*row) for row in rows])
