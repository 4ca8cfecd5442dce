"""How dates, times and sizes are written."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from portal.web import formats

TODAY = date(2026, 11, 5)
LAST_MINUTE_OF_2026_IN_UTC = datetime(2026, 12, 31, 16, 30, tzinfo=UTC)


def test_a_time_is_shown_as_shanghais_clock_has_it() -> None:
    assert formats.day(LAST_MINUTE_OF_2026_IN_UTC) == "2027年1月1日"
    assert formats.day(LAST_MINUTE_OF_2026_IN_UTC, "en") == "1 Jan 2027"
    assert formats.moment(LAST_MINUTE_OF_2026_IN_UTC, "zh", TODAY) == "2027-01-01 00:30"
    assert formats.machine(LAST_MINUTE_OF_2026_IN_UTC) == "2027-01-01T00:30+08:00"


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        formats.day(datetime(2026, 1, 1))  # noqa: DTZ001


def test_this_years_dates_go_without_the_year_and_others_do_not() -> None:
    assert formats.month_day(date(2026, 10, 9), "zh", TODAY) == "10月9日"
    assert formats.month_day(date(2025, 10, 9), "zh", TODAY) == "2025年10月9日"
    assert formats.short_day(date(2026, 10, 9), "zh", TODAY) == "10-09"
    assert formats.short_day(date(2025, 10, 9), "zh", TODAY) == "2025-10-09"


@pytest.mark.parametrize("value", [date(2026, 11, 6), datetime(2026, 11, 6, 16, 0, tzinfo=UTC)])
def test_a_deadline_ends_at_24_of_its_day_however_it_is_stored(value: date) -> None:
    assert formats.deadline(value, "zh", TODAY) == "11月6日（周五）24:00"
    assert formats.deadline(value, "en", TODAY) == "Fri 6 Nov, 24:00"
    assert formats.due_day(value, "zh", TODAY) == "11-06"
    assert formats.due_month_day(value, "zh", TODAY) == "11月6日"


def test_today_is_called_today() -> None:
    assert formats.deadline(TODAY, "zh", TODAY) == "11月5日（今日）24:00"
    assert formats.deadline(TODAY, "en", TODAY) == "5 Nov (today), 24:00"
    assert formats.due_month_day(TODAY, "zh", TODAY) == "今日 24:00"
    assert formats.long_moment(datetime(2026, 11, 5, 1, 5, tzinfo=UTC), "zh", TODAY) == "今日 09:05"
    assert formats.long_moment(datetime(2026, 11, 4, 1, 5, tzinfo=UTC), "zh", TODAY) == "昨日 09:05"


def test_a_deadline_within_the_day_keeps_its_hour() -> None:
    assert formats.deadline(datetime(2026, 11, 6, 9, 30, tzinfo=UTC), "zh", TODAY) == "11月6日（周五）17:30"


def test_no_date_is_no_words() -> None:
    for write in (formats.day, formats.month_day, formats.moment, formats.deadline, formats.due_day, formats.machine):
        assert write(None) == ""


def test_sizes_and_numbers_in_words() -> None:
    assert formats.size(1) == "1 KB"
    assert formats.size(422_000) == "412 KB"
    assert formats.size(1_300_000) == "1.2 MB"
    assert formats.grouped(1046) == "1,046"
