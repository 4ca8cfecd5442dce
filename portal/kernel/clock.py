"""The only clock. In service it shows the database transaction's time; a test or a demonstration city may set it back.

The journal's order is its sequence, never the time, so a stepped clock confuses no one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

OFFICE_ZONE = ZoneInfo("Asia/Shanghai")

_set_to: ContextVar[datetime | None] = ContextVar("clock_set_to", default=None)
_transaction: ContextVar[datetime | None] = ContextVar("clock_transaction", default=None)


def now() -> datetime:
    """The moment in which the present act happens, in UTC."""
    return _set_to.get() or _transaction.get() or datetime.now(UTC)


def today() -> date:
    """The office's date of `now()` (Asia/Shanghai)."""
    return now().astimezone(OFFICE_ZONE).date()


def local(moment: datetime) -> datetime:
    """`moment` as the office's wall clock shows it."""
    return moment.astimezone(OFFICE_ZONE)


def at(day: date, hour: int = 0, minute: int = 0) -> datetime:
    """The UTC instant of an office hour."""
    return datetime.combine(day, time(hour, minute), OFFICE_ZONE).astimezone(UTC)


def end_of(day: date) -> datetime:
    """The UTC instant of 24:00 on that day."""
    return at(day + timedelta(days=1))


def transaction_began(moment: datetime | None) -> None:
    """Called by the session when a transaction begins (its time) and ends (None)."""
    _transaction.set(moment)


def is_set() -> bool:
    """The clock shows another time than the real one: a test, or a demonstration being played."""
    return _set_to.get() is not None


@contextmanager
def set_to(moment: datetime) -> Iterator[None]:
    """Show another time: for tests and for playing a demonstration city."""
    token = _set_to.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _set_to.reset(token)
