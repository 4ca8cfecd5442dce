"""Giving numbers: unique and without gaps, because the counter's row is locked with the act that uses the number."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from portal.documents.models import Counter
from portal.kernel.db import current_city, db
from portal.registry.hooks import BEFORE_NUMBER

Give = Callable[[int, str, int], int | None]
_kept: ContextVar[Give | None] = ContextVar("numbers_kept", default=None)


def next_number(unit_id: int, series: str, year: int) -> int:
    """The next number of this unit's series in this year; given back if the transaction is rolled back. Refused: Invalid
    where the clock that says which year it is cannot be believed."""
    give = _kept.get()
    if give is None:
        for refuse in BEFORE_NUMBER:
            refuse()
    number = give(unit_id, series, year) if give else None
    return number if number is not None else _counted(unit_id, series, year)


def where_counted(units: Sequence[int], series: str, year: int) -> int | None:
    """In which of these units this series has come farthest this year; None where nothing was counted in it."""
    counted = (Counter.city_id == current_city(), Counter.unit_id.in_(units), Counter.series == series, Counter.year == year)
    return db.session.scalar(select(Counter.unit_id).where(*counted).order_by(Counter.last.desc()).limit(1))


@contextmanager
def kept_numbers(give: Give) -> Iterator[None]:
    """Take the number that `give` answers for unit, series and year, where it answers one: for playing a demonstration
    city, whose registers are not filled in their order. The counters must stand past those numbers already."""
    token = _kept.set(give)
    try:
        yield
    finally:
        _kept.reset(token)


def keep_numbers(unit_id: int, series: str, year: int, count: int) -> None:
    """Leave the first `count` numbers of a series that nothing was counted in yet to `kept_numbers`."""
    db.session.execute(insert(Counter).values(city_id=current_city(), unit_id=unit_id, series=series, year=year, last=count))


def _counted(unit_id: int, series: str, year: int) -> int:
    statement = insert(Counter).values(city_id=current_city(), unit_id=unit_id, series=series, year=year, last=func.coalesce(1))
    statement = statement.on_conflict_do_update(
        index_elements=["city_id", "unit_id", "series", "year"], set_={"last": Counter.last + 1}
    )
    return db.session.scalar(statement.returning(Counter.last))  # type: ignore[return-value]


def bracketed(prefix: str, year: int, number: int) -> str:
    """温委办〔2026〕12号"""
    return f"{prefix}〔{year}〕{number}号"
