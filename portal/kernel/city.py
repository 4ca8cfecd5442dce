"""The tenant. Nothing crosses from one city to another; this is the one table without row-level security."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Identity, String, select
from sqlalchemy.orm import Mapped, mapped_column

from portal.kernel.db import Model, db


class City(Model):
    """One city's whole network of units. `demonstration` cities may be played with the clock set back."""

    __tablename__ = "city"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    slug: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(60))
    demonstration: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]


def city_by_slug(slug: str) -> City | None:
    """The city of an address such as /wenzhou/…"""
    return db.session.scalar(select(City).where(City.slug == slug))


def all_cities() -> list[City]:
    """Every city of this installation, by its short name."""
    return list(db.session.scalars(select(City).order_by(City.slug)))
