"""What is kept about people beyond their posts: a liaison officer's contact, handovers."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Identity, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.access.models import of_record
from portal.identity.models import Person
from portal.kernel.db import Model, OfCity


class Contact(OfCity, Model):
    """How a liaison officer is reached in this post, and who supervises him. `confirmed_on` is the day on which he himself
    last said that it is right."""

    __tablename__ = "contact"

    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"), primary_key=True)
    telephone: Mapped[str] = mapped_column(String(40))
    fax: Mapped[str | None] = mapped_column(String(40))
    email: Mapped[str | None] = mapped_column(String(120))
    leader: Mapped[str | None] = mapped_column(String(60))
    confirmed_on: Mapped[date | None]
    changed_at: Mapped[datetime]


class Handover(OfCity, Model):
    """离岗交接: a person left, in one act. What was passed on are its items, who signs for it its receivers."""

    __tablename__ = "handover"
    __table_args__ = (Index("ix_handover_person", "person_id"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    made_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    made_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(String(200))

    person: Mapped[Person] = relationship(foreign_keys=[person_id])
    made_by: Mapped[Person] = relationship(foreign_keys=[made_by_id])


class HandoverPost(OfCity, Model):
    """A post that ended with a handover."""

    __tablename__ = "handover_post"

    handover_id: Mapped[int] = mapped_column(ForeignKey("handover.id"), primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"), primary_key=True)


class HandoverItem(OfCity, Model):
    """One open task that was passed on, to `receiver` or to nobody yet. Of confidential matters there are none: they are
    not passed on here. Which items a reader sees is for `matters` to say."""

    __tablename__ = "handover_item"
    __table_args__ = (
        of_record(),
        Index("ix_handover_item", "handover_id", "id"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    handover_id: Mapped[int] = mapped_column(ForeignKey("handover.id"))
    record_id: Mapped[UUID]
    task: Mapped[str] = mapped_column(String(16))
    receiver_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))

    receiver: Mapped[Person | None] = relationship()


class HandoverReceiver(OfCity, Model):
    """Who takes over something, and when he signed for it with his password."""

    __tablename__ = "handover_receiver"
    __table_args__ = (Index("ix_handover_receiver", "person_id"),)

    handover_id: Mapped[int] = mapped_column(ForeignKey("handover.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    signed_at: Mapped[datetime | None]
    authentication: Mapped[str | None] = mapped_column(String(16))

    person: Mapped[Person] = relationship()
