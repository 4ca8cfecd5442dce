"""Days, moments and calendars for the property tests: every month length, leap years, year ends, make-up days."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from hypothesis import strategies as st

from portal.deadlines.calendar import Calendar, CalendarEntry

FIRST, LAST = date(2023, 12, 1), date(2029, 2, 28)

ends_of_months = st.builds(
    lambda year, month: date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1),
    st.integers(2024, 2028),
    st.integers(1, 12),
)
days = st.one_of(st.dates(FIRST, LAST), ends_of_months, st.just(date(2024, 2, 29)), st.just(date(2028, 2, 29)))
moments = st.builds(
    lambda day, seconds: datetime.combine(day, time(), UTC) + timedelta(seconds=seconds), days, st.integers(0, 86_399)
)


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    """Holidays of one to nine days, weekend days that are worked; years known, guessed, missing."""
    entries: dict[date, CalendarEntry] = {}
    for year in draw(st.sets(st.integers(2023, 2029))):
        confirmed = draw(st.booleans())
        for start, length in draw(st.lists(st.tuples(st.integers(0, 355), st.integers(1, 9)), max_size=5)):
            for day in range(start, start + length):
                entries[date(year, 1, 1) + timedelta(day)] = CalendarEntry("holiday", "节", confirmed)
        for number in draw(st.lists(st.integers(0, 364), max_size=5)):
            day_worked = date(year, 1, 1) + timedelta(number)
            if day_worked.isoweekday() > 5:
                entries[day_worked] = CalendarEntry("makeup", "节", confirmed)
    return Calendar(entries)
