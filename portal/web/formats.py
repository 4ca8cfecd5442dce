"""How dates, times and counts are written on screen: Asia/Shanghai, in official Chinese form or in English.

Pure functions, and filters of the templates of each language. A deadline that ends at
midnight is written as 24:00 of the day before, as the office says it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

from portal.kernel.clock import OFFICE_ZONE

_WEEKDAYS_ZH = "一二三四五六日"
_WEEKDAYS_EN = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_LONG_WEEKDAYS_EN = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS_EN = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def local(value: date | datetime) -> date | datetime:
    """The value in Shanghai; a plain date stays as it is, a time without zone is refused."""
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be shown")
        return value.astimezone(OFFICE_ZONE)
    return value


def _date_of(value: date | datetime) -> date:
    value = local(value)
    return value.date() if isinstance(value, datetime) else value


def _clock_of(value: date | datetime) -> str:
    value = local(value)
    return f"{value:%H:%M}" if isinstance(value, datetime) else ""


def day(value: date | datetime | None, lang: str = "zh") -> str:
    """The whole date: 2026年11月5日, or 5 Nov 2026."""
    if value is None:
        return ""
    d = _date_of(value)
    return f"{d.day} {_MONTHS_EN[d.month - 1]} {d.year}" if lang == "en" else f"{d.year}年{d.month}月{d.day}日"


def month_day(value: date | datetime | None, lang: str = "zh", today: date | None = None) -> str:
    """The date without its year, 11月5日 or 5 Nov; with the year where it is not the year of `today`."""
    if value is None:
        return ""
    d = _date_of(value)
    if today is not None and d.year != today.year:
        return day(d, lang)
    return f"{d.day} {_MONTHS_EN[d.month - 1]}" if lang == "en" else f"{d.month}月{d.day}日"


def weekday(value: date | datetime | None, lang: str = "zh") -> str:
    """The day of the week, short: 周四, Thu."""
    if value is None:
        return ""
    n = _date_of(value).weekday()
    return _WEEKDAYS_EN[n] if lang == "en" else f"周{_WEEKDAYS_ZH[n]}"


def long_weekday(value: date | datetime | None, lang: str = "zh") -> str:
    """The day of the week, long: 星期四, Thursday."""
    if value is None:
        return ""
    n = _date_of(value).weekday()
    return _LONG_WEEKDAYS_EN[n] if lang == "en" else f"星期{_WEEKDAYS_ZH[n]}"


def day_and_weekday(value: date | datetime | None, lang: str = "zh", today: date | None = None) -> str:
    """The date and its day of the week: 11月5日（周四）, Thu 5 Nov; today is named so."""
    if value is None:
        return ""
    d = _date_of(value)
    if lang == "en":
        return f"{month_day(d, lang, today)} (today)" if d == today else f"{weekday(d, lang)} {month_day(d, lang, today)}"
    return f"{month_day(d, lang, today)}（{'今日' if d == today else weekday(d, lang)}）"


def short_day(value: date | datetime | None, lang: str = "zh", today: date | None = None) -> str:
    """The date for a narrow column: 11-05; another year's 2025-11-05. The same in both languages."""
    if value is None:
        return ""
    d = _date_of(value)
    return f"{d:%Y-%m-%d}" if today is not None and d.year != today.year else f"{d:%m-%d}"


def moment(value: datetime | None, lang: str = "zh", today: date | None = None) -> str:
    """Day and time for a list: 11-05 09:00; another year's 2025-11-05 09:00. The same in both languages."""
    if value is None:
        return ""
    return f"{short_day(value, lang, today)} {_clock_of(value)}".rstrip()


def long_moment(value: datetime | None, lang: str = "zh", today: date | None = None) -> str:
    """Day and time in a sentence: 11月5日 09:00, 5 Nov 09:00; this day's 今日 09:00."""
    if value is None:
        return ""
    d = _date_of(value)
    word = month_day(d, lang, today)
    if today is not None and d == today:
        word = "today" if lang == "en" else "今日"
    elif today is not None and d == today - timedelta(days=1):
        word = "yesterday" if lang == "en" else "昨日"
    return f"{word} {_clock_of(value)}".rstrip()


def deadline_day(value: date | datetime) -> date:
    """The day at whose 24:00 a deadline ends: midnight belongs to the day before."""
    value = local(value)
    if isinstance(value, datetime):
        return value.date() - timedelta(days=1) if value.time() == time(0) else value.date()
    return value


def deadline(value: date | datetime | None, lang: str = "zh", today: date | None = None) -> str:
    """A deadline: 11月5日（周四）24:00; one within the day keeps its own hour, 11月5日（周四）17:30."""
    if value is None:
        return ""
    clock = _clock_of(value) or "24:00"
    clock = "24:00" if clock == "00:00" else clock
    text = day_and_weekday(deadline_day(value), lang, today)
    return f"{text}, {clock}" if lang == "en" else f"{text}{clock}"


def due_day(value: date | datetime | None, lang: str = "zh", today: date | None = None) -> str:
    """A deadline's day for a narrow column: 11-05."""
    return "" if value is None else short_day(deadline_day(value), lang, today)


def due_month_day(value: date | datetime | None, lang: str = "zh", today: date | None = None) -> str:
    """A deadline's day in a work list: 11月6日, or 今日 24:00."""
    if value is None:
        return ""
    d = deadline_day(value)
    if d == today:
        clock = _clock_of(value) or "24:00"
        return ("today " if lang == "en" else "今日 ") + ("24:00" if clock == "00:00" else clock)
    return month_day(d, lang, today)


def machine(value: date | datetime | None) -> str:
    """The value for a `datetime` attribute, ISO 8601, to the minute, in Shanghai."""
    if value is None:
        return ""
    value = local(value)
    return value.isoformat(timespec="minutes") if isinstance(value, datetime) else value.isoformat()


def grouped(value: int) -> str:
    """A number with its thousands set apart: 1,046."""
    return f"{value:,}"


def size(octets: int) -> str:
    """A file's size in words: 412 KB, 1.2 MB; never 0 KB."""
    if octets >= 1024 * 1024:
        return f"{octets / 1024 / 1024:.1f} MB"
    return f"{max(1, round(octets / 1024))} KB"


_SPOKEN: dict[str, Callable[..., str]] = {"day": day, "weekday": weekday, "long_weekday": long_weekday}
_DATED: dict[str, Callable[..., str]] = {
    "month_day": month_day, "day_and_weekday": day_and_weekday, "short_day": short_day, "moment": moment,
    "long_moment": long_moment, "deadline": deadline, "due_day": due_day, "due_month_day": due_month_day,
}  # fmt: skip
_PLAIN: dict[str, Callable[..., str]] = {"machine": machine, "grouped": grouped, "size": size}


def filters(language: str, today: Callable[[], date]) -> dict[str, Callable[..., str]]:
    """The filters of templates in this language; `today` answers the date in Shanghai."""

    def spoken(function: Callable[..., str]) -> Callable[[Any], str]:
        return lambda value: function(value, language)

    def dated(function: Callable[..., str]) -> Callable[[Any], str]:
        return lambda value: function(value, language, today())

    said = {name: spoken(function) for name, function in _SPOKEN.items()}
    return said | {name: dated(function) for name, function in _DATED.items()} | _PLAIN
