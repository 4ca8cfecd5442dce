"""The tenant. Nothing crosses from one city to another; its own is the one table without row-level security."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Identity, String, select, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.kernel.db import Model, OfCity, db


class City(Model):
    """One city's whole network of units. `demonstration` cities may be played with the clock set back."""

    __tablename__ = "city"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    slug: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(60))
    demonstration: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]


class Demonstration(OfCity, Model):
    """How far the playing of a demonstration city has come: `until` is the moment of its founding, to which its lives
    reach; of `lives`, of which `over` are played last, so many are `waiting`. `kept` are the numbers that its reports of
    earlier months will take, `[unit, series, year, count]`: people may rename units before these are issued."""

    __tablename__ = "demonstration"

    city_id: Mapped[int] = mapped_column(
        ForeignKey("city.id"), primary_key=True, server_default=text("current_setting('app.city')::integer")
    )
    until: Mapped[datetime]
    lives: Mapped[int]
    over: Mapped[int]
    waiting: Mapped[int]
    kept: Mapped[list[Any]]


def demonstration() -> Demonstration | None:
    """How far the session's city is played; None where it is no demonstration."""
    return db.session.scalar(select(Demonstration))


def city_by_slug(slug: str) -> City | None:
    """The city of an address such as /wenzhou/…"""
    return db.session.scalar(select(City).where(City.slug == slug))


def all_cities() -> list[City]:
    """Every city of this installation, by its short name."""
    return list(db.session.scalars(select(City).order_by(City.slug)))
