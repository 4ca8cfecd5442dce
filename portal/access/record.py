"""件, the spine: whatever has readers, a number and a course of its own has one row here, whatever kind it is.

The kind's own table shares the record's key; everything that belongs to a record of any kind names it as `record_id`.
A record is confidential from the first or never: what is made confidential, or released, is a new record.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.access.models import View
from portal.access.visibility import Guarded
from portal.kernel.db import Model, OfCity, one_of

FILED_ONCE = "uq_record_city_id_request_key"


class Record(Guarded, OfCity, Model):
    """One thing in one unit's register. `unit_id` keeps that register; the number and what it is counted by (`series`,
    `year`, `sequence`) are given together, where the kind has numbers. `request_key` is that of the form that filed it."""

    __tablename__ = "record"
    __table_args__ = (
        UniqueConstraint("city_id", "id"),
        UniqueConstraint("city_id", "id", "confidential"),
        UniqueConstraint("city_id", "unit_id", "series", "year", "sequence"),
        UniqueConstraint("city_id", "request_key", name=FILED_ONCE),
        CheckConstraint("num_nulls(series, year, sequence, number) IN (0, 4)", name="numbered"),
        Index("ix_record_number", "number"),
    )
    record_keys = ("id",)
    view_needed = View.SHELL

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    kind: Mapped[str] = mapped_column(String(24))
    confidential: Mapped[bool] = mapped_column(default=False)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    series: Mapped[str | None] = mapped_column(String(40))
    year: Mapped[int | None] = mapped_column(Integer)
    sequence: Mapped[int | None] = mapped_column(Integer)
    number: Mapped[str | None] = mapped_column(String(40))
    request_key: Mapped[UUID] = mapped_column(default=uuid4)
    created_at: Mapped[datetime]
    created_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))


class Relation(StrEnum):
    """What the first of two records is to the second."""

    BECAME = "became"
    PUBLISHED_IN = "published_in"
    GREW_FROM = "grew_from"
    EVIDENCE_OF = "evidence_of"
    SAME_AS = "same_as"


class Link(Guarded, OfCity, Model):
    """关联: two records of a city belong together. Seen by whoever sees the shells of both; written once, and it goes with
    either of them."""

    __tablename__ = "link"
    __table_args__ = (
        ForeignKeyConstraint(["city_id", "from_record_id"], ["record.city_id", "record.id"], ondelete="CASCADE"),
        ForeignKeyConstraint(["city_id", "to_record_id"], ["record.city_id", "record.id"], ondelete="CASCADE"),
        CheckConstraint("from_record_id <> to_record_id", name="of_two"),
        Index("ix_link_to", "to_record_id"),
    )
    record_keys = ("from_record_id", "to_record_id")
    view_needed = View.SHELL

    from_record_id: Mapped[UUID] = mapped_column(primary_key=True)
    to_record_id: Mapped[UUID] = mapped_column(primary_key=True)
    relation: Mapped[Relation] = mapped_column(one_of(Relation, 24), primary_key=True)
    made_at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
