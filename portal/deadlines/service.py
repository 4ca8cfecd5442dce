"""Where the calendar comes from: the notices known to `chinesecalendar`, and a guess for the year that has none yet."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import holidays
from chinese_calendar import constants
from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from portal.deadlines.calendar import CalendarEntry
from portal.deadlines.models import CalendarDay
from portal.deadlines.queries import forget
from portal.kernel.db import after_commit

CONFIRMED_YEARS = (2024, 2025, 2026)
PROVISIONAL_YEARS = (2027,)
ANNOUNCED = "chinesecalendar"
GUESSED = "provisional"

_NAMES = {holiday.value: holiday.chinese for holiday in constants.Holiday} | {
    constants.Holiday.tomb_sweeping_day.value: "清明节",
    constants.Holiday.dragon_boat_festival.value: "端午节",
    constants.Holiday.mid_autumn_festival.value: "中秋节",
}


def announced_days(year: int) -> dict[date, CalendarEntry]:
    """The days of the State Council's notice for this year; empty when the library does not know it."""
    off = {day: CalendarEntry("holiday", _NAMES[name], True) for day, name in constants.holidays.items()}
    worked = {day: CalendarEntry("makeup", _NAMES[name], True) for day, name in constants.workdays.items()}
    return {day: entry for day, entry in (off | worked).items() if day.year == year}


def expected_days(year: int) -> dict[date, CalendarEntry]:
    """The public holidays that the law fixes for this year, without the make-up days that only the notice can name."""
    named = holidays.country_holidays("CN", years=year, language="zh_CN")
    return {day: CalendarEntry("holiday", name.split("（")[0], False) for day, name in named.items()}


def seed_calendar(session: Session, city_id: int) -> None:
    """Give a city its calendar. May be repeated: a confirmed year stays, a guessed one gives way to its notice."""
    for year in CONFIRMED_YEARS:
        replace_year(session, city_id, year, announced_days(year), ANNOUNCED)
    for year in PROVISIONAL_YEARS:
        replace_year(session, city_id, year, expected_days(year), GUESSED)


def replace_year(session: Session, city_id: int, year: int, days: Mapping[date, CalendarEntry], source: str) -> bool:
    """Put these days in place of a year that is not confirmed yet; False, and nothing changed, when it already is."""
    of_year = (
        CalendarDay.city_id == city_id,
        CalendarDay.day.between(date(year, 1, 1), date(year, 12, 31)),
    )
    if session.scalar(select(CalendarDay.id).where(*of_year, CalendarDay.confirmed).limit(1)) is not None:
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
