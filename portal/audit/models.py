"""Two append-only tables: the journal of acts, and the log of who read what is confidential.

The `app` role may only insert and select them, and a trigger refuses the rest to anyone.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.access.models import of_record
from portal.kernel.db import Model, OfCity


class JournalEntry(OfCity, Model):
    """One act. `before` and `after` hold facts; content fields stand there as keyed digests."""

    __tablename__ = "journal_entry"
    __table_args__ = (
        Index("ix_journal_entry_subject", "subject_kind", "subject_id"),
        Index("ix_journal_entry_city", "city_id", "id"),
        Index("ix_journal_entry_at", "city_id", "at"),
        Index("ix_journal_entry_person", "person_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    at: Mapped[datetime]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    post_id: Mapped[int | None] = mapped_column(ForeignKey("post.id"))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    delegation_id: Mapped[int | None] = mapped_column(ForeignKey("delegation.id"))
    act: Mapped[str] = mapped_column(String(40))
    subject_kind: Mapped[str] = mapped_column(String(30))
    subject_id: Mapped[str] = mapped_column(String(40))
    confidential: Mapped[bool] = mapped_column(default=False)
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any] | None]

    @property
    def key(self) -> str:
        """What the messages are known by that follow from this act."""
        return f"journal:{self.id}"


class Reading(OfCity, Model):
    """One reading of a confidential matter's content: shown to the supervision head."""

    __tablename__ = "reading"
    __table_args__ = (
        of_record(goes_with_it=False),
        Index("ix_reading_record", "record_id", "at"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    record_id: Mapped[UUID]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    post_id: Mapped[int | None] = mapped_column(ForeignKey("post.id"))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    at: Mapped[datetime]
    what: Mapped[str] = mapped_column(String(24))
