"""Whether the clock can be believed. What a sweep does cannot be undone: a reminder that was settled is never sent again; nor
can a number be taken back that was given out in the series of another year.

The one witness that is there however quiet the office is, is the last sweep itself, half a minute ago. With it is kept how
long the machine had been running, which no wrong clock changes: as long as it has not been started anew, it says how much
later it must be now. Where it was started anew, or another machine sweeps, it may have been off over night, over a weekend
or a long holiday, but not for a working day and more.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from portal.deadlines.calendar import Calendar
from portal.kernel import clock

LEAP = timedelta(hours=2)
"""A clock that is off by more than this is not believed."""

_BOOT, _UPTIME = Path("/proc/sys/kernel/random/boot_id"), Path("/proc/uptime")


@dataclass(frozen=True, slots=True)
class Beat:
    """A moment by the clock, and by the machine: which start of it, and how many seconds since. Not known: None."""

    at: datetime
    boot: str | None = None
    uptime: float | None = None


def beat() -> Beat:
    """This moment."""
    try:
        return Beat(clock.now(), _BOOT.read_text().strip(), float(_UPTIME.read_text().split()[0]))
    except (OSError, ValueError, IndexError):
        return Beat(clock.now())


def keeps_pace(last: Beat, now: Beat) -> bool | None:
    """The clock has gone on as far as the machine has run meanwhile; None where it is not the same start of the same machine."""
    if last.boot != now.boot or last.uptime is None or now.uptime is None or last.uptime > now.uptime:
        return None
    return abs(now.at - last.at - timedelta(seconds=now.uptime - last.uptime)) <= LEAP


def believable(last: Beat, now: Beat, calendar: Calendar) -> bool:
    """The clock may show this now, after it has shown that at the last sweep."""
    kept = keeps_pace(last, now)
    if kept is not None:
        return kept
    back_at_work = clock.end_of(calendar.next_working_day(clock.local(last.at).date()))
    return last.at - LEAP <= now.at <= back_at_work
