"""Gap-free numbering: one row per unit, series and year, locked until the number's transaction commits."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.kernel.db import Model, OfCity


class Counter(OfCity, Model):
    """The last number given in one series of one unit in one year."""

    __tablename__ = "counter"

    city_id: Mapped[int] = mapped_column(ForeignKey("city.id"), primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), primary_key=True)
    series: Mapped[str] = mapped_column(String(40), primary_key=True)
    year: Mapped[int] = mapped_column(Integer, primary_key=True)
    last: Mapped[int]
