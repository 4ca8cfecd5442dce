"""How a city gets its calendar, year by year: a guess may be replaced, a confirmed year never silently."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from portal.deadlines.calendar import CalendarEntry
from portal.deadlines.models import CalendarDay
from portal.deadlines.notices import announced_days, expected_days
from portal.deadlines.queries import forget
from portal.kernel.db import after_commit

CONFIRMED_YEARS = (2024, 2025, 2026)
PROVISIONAL_YEARS = (2027,)
ANNOUNCED = "chinesecalendar"
GUESSED = "provisional"


def seed_calendar(session: Session, city_id: int) -> None:
    """Give a city its calendar. May be repeated: a confirmed year stays, a guessed one gives way to its notice."""
    for year in CONFIRMED_YEARS:
        replace_year(session, city_id, year, announced_days(year), ANNOUNCED)
    for year in PROVISIONAL_YEARS:
        replace_year(session, city_id, year, expected_days(year), GUESSED)


def replace_year(
    session: Session, city_id: int, year: int, days: Mapping[date, CalendarEntry], source: str, *, correct: bool = False
) -> bool:
    """Put these days in place of a year that is not confirmed yet; False, and nothing changed, when it already is, unless
    it is to be corrected."""
    if any(day.year != year for day in days):
        raise ValueError(f"a day that is not of {year}")
    of_year = (
        CalendarDay.city_id == city_id,
        CalendarDay.day.between(date(year, 1, 1), date(year, 12, 31)),
    )
    confirmed = select(CalendarDay.id).where(*of_year, CalendarDay.confirmed).limit(1)
    if not correct and session.scalar(confirmed) is not None:
        return False
    session.execute(delete(CalendarDay).where(*of_year))
    if days:
        session.execute(
            insert(CalendarDay),
            [
                {
                    "city_id": city_id,
                    "day": day,
                    "kind": entry.kind,
                    "name": entry.name,
                    "source": source,
                    "confirmed": entry.confirmed,
                }
                for day, entry in sorted(days.items())
            ],
        )
    forget(city_id)
    after_commit(lambda: forget(city_id))
    return True
