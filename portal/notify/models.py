"""What must happen is a row, written in the transaction that made it necessary. Redis is only a doorbell.

A message is unique by its key: (clock, generation, rung, ordinal, recipient) for the ladder, (journal entry,
recipient) for the rest. Deliveries by other channels are rows of their own: of one message, unique by (message,
channel); of a morning's digest, unique by (person, channel, day); or of the code by which an address is confirmed.
"""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    Integer,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.access.models import of_record
from portal.kernel.db import Model, OfCity


class Message(OfCity, Model):
    """One thing one person is told. `kind` names a fixed text, `facts` its blanks; about a confidential matter the
    facts hold its number alone."""

    __tablename__ = "message"
    __table_args__ = (
        of_record(goes_with_it=False),
        UniqueConstraint("city_id", "key"),
        Index("ix_message_inbox", "person_id", "at", "id"),
        Index("ix_message_unread", "person_id", postgresql_where=text("read_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    key: Mapped[str] = mapped_column(String(120))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    record_id: Mapped[UUID | None]
    kind: Mapped[str] = mapped_column(String(32))
    facts: Mapped[dict[str, Any]]
    at: Mapped[datetime]
    read_at: Mapped[datetime | None]


class Delivery(OfCity, Model):
    """Something on its way to a person by one channel: a message, a digest, or a code. Claimed with a lease and a fencing
    token, `sending` from the first octet of its text on; never sent twice: what was begun and never marked is doubtful and
    shown to the operator. A message that waits `for_digest` is never sent itself: it goes `in_digest`, whose delivery is
    another row."""

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("message_id", "channel"),
        UniqueConstraint("person_id", "channel", "digest_on"),
        UniqueConstraint("address_change_id"),
        CheckConstraint("num_nonnulls(message_id, digest_on, address_change_id) = 1", name="of_one_thing"),
        Index("ix_delivery_waiting", "state", "due_at", postgresql_where=text("state IN ('waiting', 'claimed', 'sending')")),
        Index("ix_delivery_for_digest", "due_at", postgresql_where=text("state = 'for_digest'")),
        Index("ix_delivery_unsettled", "city_id", "state", "id", postgresql_where=text("state IN ('doubtful', 'failed')")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    message_id: Mapped[UUID | None] = mapped_column(ForeignKey("message.id", ondelete="CASCADE"))
    digest_on: Mapped[date | None]
    address_change_id: Mapped[UUID | None] = mapped_column(ForeignKey("address_change.id", ondelete="CASCADE"))
    channel: Mapped[str] = mapped_column(String(12))
    state: Mapped[str] = mapped_column(String(12), default="waiting")
    due_at: Mapped[datetime]
    token: Mapped[int] = mapped_column(Integer, default=0)
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    sent_at: Mapped[datetime | None]
    fault: Mapped[str | None] = mapped_column(String(200))

    message: Mapped[Message | None] = relationship()


class Reminder(OfCity, Model):
    """A rung of the ladder that is due at `send_at`: who is told is decided when it fires."""

    __tablename__ = "reminder"
    __table_args__ = (
        of_record(),
        UniqueConstraint("clock_id", "generation", "rung", "ordinal"),
        Index("ix_reminder_due", "send_at", postgresql_where=text("settled_at IS NULL")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    clock_id: Mapped[int] = mapped_column(ForeignKey("clock.id", ondelete="CASCADE"))
    record_id: Mapped[UUID]
    generation: Mapped[int] = mapped_column(Integer)
    rung: Mapped[str] = mapped_column(String(24))
    ordinal: Mapped[int] = mapped_column(Integer)
    send_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(String(16))


class NotificationSetting(OfCity, Model):
    """How one person wants to be told; nobody's row: as shipped. `ways` is {channel: {group: way}}."""

    __tablename__ = "notification_setting"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    ways: Mapped[dict[str, Any]]
    quiet_from: Mapped[time | None]
    quiet_to: Mapped[time | None]
    quiet_days_off: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(Integer, default=1)


class ChannelAddress(OfCity, Model):
    """Where a person is reached by a channel other than mail, confirmed by a code. His mail address is the person's own
    column, which the secretariat keeps too."""

    __tablename__ = "channel_address"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    channel: Mapped[str] = mapped_column(String(12), primary_key=True)
    address: Mapped[str] = mapped_column(String(120))
    confirmed_at: Mapped[datetime]


class AddressChange(OfCity, Model):
    """Somebody asks for another address of his; it counts once he has sent back the code that went there. The code itself
    is kept nowhere: see `notify.codes`."""

    __tablename__ = "address_change"
    __table_args__ = (Index("ix_address_change_person", "person_id", "asked_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    channel: Mapped[str] = mapped_column(String(12))
    address: Mapped[str] = mapped_column(String(120))
    asked_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(Integer, default=0)
    confirmed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class ChannelPace(Model):
    """How much an installation has handed to a channel in one minute; for channels that take only so much."""

    __tablename__ = "channel_pace"

    channel: Mapped[str] = mapped_column(String(12), primary_key=True)
    minute: Mapped[int] = mapped_column(BigInteger)
    taken: Mapped[int] = mapped_column(Integer)
