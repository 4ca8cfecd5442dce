"""A person's own messages: how many are unread, and the list, newest first, page by page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, and_, exists, func, select, tuple_

from portal.access.models import Audience
from portal.kernel.db import current_city, db
from portal.notify.models import Message

PAGE_SIZE = 50
MOST_COUNTED = 1000


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the list a page begins: after this message, or before it where one goes back."""

    at: datetime
    id: UUID
    back: bool = False


@dataclass(frozen=True, slots=True)
class MessagePage:
    """One page, newest first, and whether there is more on either side."""

    messages: list[Message]
    newer: bool
    older: bool


def shown_to(person_id: int, suspended: bool) -> ColumnElement[bool]:
    """The messages of this person that may be shown to him: while he is suspended, none about a confidential matter."""
    his = and_(Message.city_id == current_city(), Message.person_id == person_id)
    if not suspended:
        return his
    secret = exists().where(Audience.person_id == person_id, Audience.matter_id == Message.matter_id)
    return and_(his, ~secret)


def unread_of(person_id: int, *, suspended: bool = False) -> ScalarSelect[int]:
    """How many messages the person has not read, as a part of another statement; counted no further than a thousand."""
    some = (
        select(Message.id)
        .where(shown_to(person_id, suspended), Message.read_at.is_(None))
        .limit(MOST_COUNTED)
        .subquery()
    )
    return select(func.count()).select_from(some).scalar_subquery()


def unread_count(person_id: int, *, suspended: bool = False) -> int:
    """How many messages the person has not read; counted no further than a thousand."""
    return db.session.scalar(select(unread_of(person_id, suspended=suspended))) or 0


def messages_of(
    person_id: int, *, only_new: bool = False, place: Place | None = None, size: int = PAGE_SIZE, suspended: bool = False
) -> MessagePage:
    """One page of the person's messages, newest first."""
    back = place is not None and place.back
    order = tuple_(Message.at, Message.id)
    query = select(Message).where(shown_to(person_id, suspended))
    if only_new:
        query = query.where(Message.read_at.is_(None))
    if place is not None:
        here = tuple_(place.at, place.id)
        query = query.where(order > here if back else order < here)
    ordered = (Message.at.asc(), Message.id.asc()) if back else (Message.at.desc(), Message.id.desc())
    found = list(db.session.scalars(query.order_by(*ordered).limit(size + 1)))
    more, found = len(found) > size, found[:size]
    if back:
        return MessagePage(found[::-1], newer=more, older=bool(found))
    return MessagePage(found, newer=place is not None, older=more)


def latest(person_id: int, count: int = 5, *, suspended: bool = False) -> list[Message]:
    """The person's latest messages, for the desk."""
    return messages_of(person_id, size=count, suspended=suspended).messages
