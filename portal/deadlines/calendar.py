"""Which days are worked: weekends, the State Council's holidays, and the weekend days that are worked instead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType
from typing import Literal

KindOfDay = Literal["holiday", "makeup"]

ONE_DAY = timedelta(days=1)
SATURDAY = 5
ANNOUNCED_FROM_MONTH = 10


@dataclass(frozen=True, slots=True)
class CalendarEntry:
    """A day that the State Council's notice names: a holiday, or a weekend day worked instead (`makeup`)."""

    kind: KindOfDay
    name: str
    confirmed: bool


class Calendar:
    """A city's working days. Never changes once built; a year it knows nothing of has plain weekdays."""

    __slots__ = ("_confirmed_years", "_days")

    def __init__(self, days: Mapping[date, CalendarEntry]) -> None:
        self._days = MappingProxyType(dict(days))
        guessed = {day.year for day, entry in days.items() if not entry.confirmed}
        self._confirmed_years = frozenset(day.year for day in days) - guessed

    def entries(self, year: int) -> dict[date, CalendarEntry]:
        """The days of a year that its notice, or the guess, names; in order."""
        return {day: entry for day, entry in sorted(self._days.items()) if day.year == year}

    def with_year(self, year: int, days: Mapping[date, CalendarEntry]) -> Calendar:
        """The same calendar with another year in place of this one."""
        return Calendar({day: entry for day, entry in self._days.items() if day.year != year} | dict(days))

    def years(self) -> list[int]:
        """The years it knows of, in order."""
        return sorted({day.year for day in self._days})

    def worked_otherwise(self, other: Calendar, first: date, last: date) -> list[date]:
        """The days from `first` to `last` that are worked by one of the two calendars only."""
        span = (first + timedelta(number) for number in range((last - first).days + 1))
        return [day for day in span if self.is_working(day) != other.is_working(day)]

    def is_working(self, day: date) -> bool:
        """Offices are open on this day."""
        entry = self._days.get(day)
        if entry is None:
            return day.weekday() < SATURDAY
        return entry.kind == "makeup"

    def name_of(self, day: date) -> str | None:
        """The holiday's name, also of the weekend day that is worked for it; None for an ordinary day."""
        entry = self._days.get(day)
        return entry.name if entry else None

    def is_provisional(self, day: date) -> bool:
        """No confirmed calendar of this day's year is known, so its working days may still change."""
        return day.year not in self._confirmed_years

    def working_day_on_or_before(self, day: date) -> date:
        """This day when it is worked, else the last working day before it."""
        while not self.is_working(day):
            day -= ONE_DAY
        return day

    def next_working_day(self, day: date) -> date:
        """The first working day after this one."""
        day += ONE_DAY
        while not self.is_working(day):
            day += ONE_DAY
        return day

    def add_working_days(self, day: date, count: int) -> date:
        """The `count`-th working day after this one; nought is the day itself, worked or not."""
        if count < 0:
            raise ValueError("working days are counted forwards only")
        for _nth in range(count):
            day = self.next_working_day(day)
        return day

    def days_off(self, first: date, last: date) -> Iterator[date]:
        """The days from `first` to `last`, both included, that are not worked."""
        day = first
        while day <= last:
            if not self.is_working(day):
                yield day
            day += ONE_DAY

    def holiday_names(self, first: date, last: date) -> tuple[str, ...]:
        """Names of the holidays that touch `first` to `last`, each once, in order."""
        return tuple(dict.fromkeys(name for day in self.days_off(first, last) if (name := self.name_of(day))))

    def year_to_import(self, today: date) -> int | None:
        """The year whose notice the secretariat should import: this one if missing, from October on the next."""
        if self.is_provisional(today):
            return today.year
        if today.month >= ANNOUNCED_FROM_MONTH and today.year + 1 not in self._confirmed_years:
            return today.year + 1
        return None
