"""Which days off and make-up days a year has: the State Council's notices, and a guess for a year without one."""

from __future__ import annotations

from datetime import date

from portal.deadlines.calendar import CalendarEntry


def announced_days(year: int) -> dict[date, CalendarEntry]:
    """The days of the State Council's notice for this year; empty when the library does not know it."""
    from chinese_calendar import constants  # it reads twenty years; only a new city asks

    names = {holiday.value: holiday.chinese for holiday in constants.Holiday} | {
        constants.Holiday.tomb_sweeping_day.value: "清明节",
        constants.Holiday.dragon_boat_festival.value: "端午节",
        constants.Holiday.mid_autumn_festival.value: "中秋节",
    }
    off = {day: CalendarEntry("holiday", names[name], True) for day, name in constants.holidays.items()}
    worked = {day: CalendarEntry("makeup", names[name], True) for day, name in constants.workdays.items()}
    return {day: entry for day, entry in (off | worked).items() if day.year == year}


def expected_days(year: int) -> dict[date, CalendarEntry]:
    """The public holidays that the law fixes for this year, without the make-up days that only the notice can name."""
    import holidays  # slow to load; only a new city asks

    named = holidays.country_holidays("CN", years=year, language="zh_CN")
    return {day: CalendarEntry("holiday", name.split("（")[0], False) for day, name in named.items()}
