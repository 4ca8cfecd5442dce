"""Whom the units name as their liaison officers; the drive in which they are asked is a collection."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.collections.models import CollectionAnswer
from portal.identity.models import Person
from portal.kernel.db import Model, OfCity


class Nomination(OfCity, Model):
    """What a unit's answer to a drive says: whom it names, somebody of the city or a new person, and how they are reached.
    `post_id`: the post to which the secretariat has appointed them."""

    __tablename__ = "nomination"

    asked_id: Mapped[int] = mapped_column(ForeignKey("collection_answer.asked_id"), primary_key=True)
    nominee_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    nominee_name: Mapped[str] = mapped_column(String(60))
    telephone: Mapped[str] = mapped_column(String(40))
    fax: Mapped[str | None] = mapped_column(String(40))
    email: Mapped[str | None] = mapped_column(String(120))
    leader: Mapped[str | None] = mapped_column(String(60))
    post_id: Mapped[int | None] = mapped_column(ForeignKey("post.id"))

    answer: Mapped[CollectionAnswer] = relationship()
    nominee: Mapped[Person | None] = relationship()
