"""The city's calendar as it stands, read in one statement and remembered for a minute in each process."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.deadlines.calendar import Calendar, CalendarEntry
from portal.deadlines.models import CalendarDay
from portal.kernel.db import current_city

if TYPE_CHECKING:
    from portal.deadlines.calendar import KindOfDay

REMEMBERED_SECONDS = 60.0

_remembered: dict[int, tuple[float, Calendar]] = {}


def calendar_of(session: Session) -> Calendar:
    """The working days of the city that the session works in; at most a minute behind an import elsewhere."""
    city_id = current_city(session)
    if city_id is None:
        raise LookupError("the session works in no city")
    known = _remembered.get(city_id)
    if known and monotonic() - known[0] < REMEMBERED_SECONDS:
        return known[1]
    rows = session.execute(
        select(CalendarDay.day, CalendarDay.kind, CalendarDay.name, CalendarDay.confirmed).where(
            CalendarDay.city_id == city_id
        )
    )
    calendar = Calendar(
        {day: CalendarEntry(cast("KindOfDay", kind), name, confirmed) for day, kind, name, confirmed in rows}
    )
    _remembered[city_id] = (monotonic(), calendar)
    return calendar


def forget(city_id: int) -> None:
    """The city's calendar changed: read it again."""
    _remembered.pop(city_id, None)
