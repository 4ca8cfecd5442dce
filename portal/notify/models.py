"""What must happen is a row, written in the transaction that made it necessary. Redis is only a doorbell.

A message is unique by its key: (clock, generation, rung, ordinal, recipient) for the ladder, (journal entry,
recipient) for the rest. Deliveries by other channels are child rows, unique by (message, channel).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, Integer, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.kernel.db import Model, OfCity


class Message(OfCity, Model):
    """One thing one person is told. `kind` names a fixed text, `facts` its blanks; about a confidential matter the
    facts hold its number alone."""

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("city_id", "key"),
        Index("ix_message_inbox", "person_id", "at", "id"),
        Index("ix_message_unread", "person_id", postgresql_where=text("read_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    key: Mapped[str] = mapped_column(String(120))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    matter_id: Mapped[UUID | None] = mapped_column(ForeignKey("matter.id"))
    kind: Mapped[str] = mapped_column(String(32))
    facts: Mapped[dict[str, Any]]
    at: Mapped[datetime]
    read_at: Mapped[datetime | None]


class Delivery(OfCity, Model):
    """A message on its way by one channel. Claimed with a lease and a fencing token; never sent twice: what was
    claimed and never marked is doubtful and shown to the operator."""

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("message_id", "channel"),
        Index("ix_delivery_waiting", "state", "due_at", postgresql_where=text("state IN ('waiting', 'claimed')")),
        Index("ix_delivery_doubtful", "city_id", "id", postgresql_where=text("state = 'doubtful'")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    message_id: Mapped[UUID] = mapped_column(ForeignKey("message.id", ondelete="CASCADE"))
    channel: Mapped[str] = mapped_column(String(12))
    state: Mapped[str] = mapped_column(String(12), default="waiting")
    due_at: Mapped[datetime]
    token: Mapped[int] = mapped_column(Integer, default=0)
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    sent_at: Mapped[datetime | None]
    fault: Mapped[str | None] = mapped_column(String(200))

    message: Mapped[Message] = relationship()


class Reminder(OfCity, Model):
    """A rung of the ladder that is due at `send_at`: who is told is decided when it fires."""

    __tablename__ = "reminder"
    __table_args__ = (
        UniqueConstraint("clock_id", "generation", "rung", "ordinal"),
        Index("ix_reminder_due", "send_at", postgresql_where=text("settled_at IS NULL")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    clock_id: Mapped[int] = mapped_column(ForeignKey("clock.id", ondelete="CASCADE"))
    matter_id: Mapped[UUID] = mapped_column(ForeignKey("matter.id", ondelete="CASCADE"))
    generation: Mapped[int] = mapped_column(Integer)
    rung: Mapped[str] = mapped_column(String(24))
    ordinal: Mapped[int] = mapped_column(Integer)
    send_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(String(16))
