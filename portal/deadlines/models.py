"""The calendar of a city as rows: the days on which the State Council's notice departs from plain weekdays."""

from __future__ import annotations

from datetime import date

from sqlalchemy import BigInteger, CheckConstraint, Identity, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.kernel.db import Model, OfCity


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
