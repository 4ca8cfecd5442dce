"""A collection: what is asked, of which units, and what each has answered. What an answer says is the feature's that asks."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Identity, Index, Integer, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.kernel.db import Model, OfCity
from portal.network.models import Unit


class Collection(OfCity, Model):
    """`unit` asks units of its subtree by a day; `kind` names what, `asked` is how many."""

    __tablename__ = "collection"
    __table_args__ = (
        Index("ix_collection_asking", "unit_id", "id"),
        Index("ix_collection_running", "until", postgresql_where=text("closed_at IS NULL AND reminded_at IS NULL")),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    title: Mapped[str] = mapped_column(String(80))
    words: Mapped[str | None] = mapped_column(String(500))
    until: Mapped[date]
    asked: Mapped[int] = mapped_column(Integer)
    opened_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]
    urges: Mapped[int] = mapped_column(Integer, default=0)

    unit: Mapped[Unit] = relationship()


class CollectionUnit(OfCity, Model):
    """One of the units that are asked."""

    __tablename__ = "collection_unit"
    __table_args__ = (UniqueConstraint("collection_id", "unit_id"), Index("ix_collection_unit_unit", "unit_id"))

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    collection_id: Mapped[int] = mapped_column(ForeignKey("collection.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))

    collection: Mapped[Collection] = relationship()
    unit: Mapped[Unit] = relationship()
    answer: Mapped[CollectionAnswer | None] = relationship(back_populates="asked")

    @property
    def given(self) -> CollectionAnswer | None:
        """The answer that stands: not one that was sent back."""
        return self.answer if self.answer is not None and self.answer.given_at is not None else None


class CollectionAnswer(OfCity, Model):
    """What a unit has answered; while it is `returned`, which says why, it counts as not given. `accepted_at`: whoever asked
    has done with it what it was asked for."""

    __tablename__ = "collection_answer"

    asked_id: Mapped[int] = mapped_column(ForeignKey("collection_unit.id"), primary_key=True)
    given_at: Mapped[datetime | None]
    given_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    returned: Mapped[str | None] = mapped_column(String(200))
    accepted_at: Mapped[datetime | None]

    asked: Mapped[CollectionUnit] = relationship(back_populates="answer")
