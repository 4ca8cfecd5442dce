"""What a city decided for itself, as rows: the versions of its rules and calendars, and the calendar as it stands (the
days on which the State Council's notice departs from plain weekdays)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.kernel.db import Model, OfCity
from portal.registry.rules import MOST_NAME


class CalendarDay(OfCity, Model):
    """A holiday, or a weekend day that is worked. Not confirmed: expected, the year's notice is not imported yet."""

    __tablename__ = "calendar_day"
    __table_args__ = (
        UniqueConstraint("city_id", "day"),
        CheckConstraint("kind IN ('holiday', 'makeup')", name="kind"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    day: Mapped[date]
    kind: Mapped[str] = mapped_column(String(8))
    name: Mapped[str] = mapped_column(String(40))
    source: Mapped[str] = mapped_column(String(40))
    confirmed: Mapped[bool]


class RuleSet(OfCity, Model):
    """One version of a set of a city's rules, or a year's notice for its calendar: what it says, from when, set by which
    post, and why. Append-only. Version 1 of the rules is the default in the code and no row."""

    __tablename__ = "rule_set"
    __table_args__ = (
        UniqueConstraint("city_id", "kind", "version"),
        CheckConstraint("version >= 1", name="version"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    kind: Mapped[str] = mapped_column(String(MOST_NAME))
    version: Mapped[int] = mapped_column(Integer)
    data: Mapped[dict[str, Any]]
    from_at: Mapped[datetime]
    made_at: Mapped[datetime]
    made_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    set_by: Mapped[str] = mapped_column(String(120))
    reason: Mapped[str] = mapped_column(String(500))
