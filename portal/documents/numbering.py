"""Giving numbers: unique and without gaps, because the counter's row is locked with the act that uses the number."""

from __future__ import annotations

from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert

from portal.documents.models import Counter
from portal.kernel.db import current_city, db


def next_number(unit_id: int, series: str, year: int) -> int:
    """The next number of this unit's series in this year; given back if the transaction is rolled back."""
    statement = insert(Counter).values(city_id=current_city(), unit_id=unit_id, series=series, year=year, last=func.coalesce(1))
    statement = statement.on_conflict_do_update(
        index_elements=["city_id", "unit_id", "series", "year"], set_={"last": Counter.last + 1}
    )
    return db.session.scalar(statement.returning(Counter.last))  # type: ignore[return-value]


def bracketed(prefix: str, year: int, number: int) -> str:
    """温委办〔2026〕12号"""
    return f"{prefix}〔{year}〕{number}号"
