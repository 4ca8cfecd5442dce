"""A person's own messages: how many are unread, and the list, newest first, page by page. And where, how and when
people want to be told."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    DateTime,
    Integer,
    ScalarSelect,
    Select,
    Uuid,
    and_,
    bindparam,
    exists,
    false,
    func,
    not_,
    or_,
    select,
    tuple_,
)
from sqlalchemy.orm import InstrumentedAttribute, aliased

from portal.access.actor import Actor
from portal.access.models import Audience
from portal.access.visibility import sees, values_of
from portal.identity.models import Person
from portal.kernel.db import current_city, db
from portal.kernel.statements import Kept
from portal.notify.channels import MAIL
from portal.notify.models import AddressChange, ChannelAddress, Message, NotificationSetting
from portal.notify.rules import Quiet, Wishes
from portal.registry.hooks import ON_SHIFT

_PAGES = Kept()
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
    """One page, newest first, and whether there is more on either side. Messages about a matter that their reader sees no
    longer are `out_of_sight`: they say all by themselves and lead nowhere."""

    messages: list[Message]
    out_of_sight: frozenset[UUID]
    newer: bool
    older: bool


def shown_to(person_id: Any, suspended: Any, city_id: Any = None) -> ColumnElement[bool]:
    """The messages of this person that may be shown to them: while they are suspended, none about a confidential matter. All three
    may be columns or values of a statement that is kept; without a city, it is that of the session."""
    theirs = and_(Message.city_id == (current_city() if city_id is None else city_id), Message.person_id == person_id)
    if suspended is False:
        return theirs
    secret = exists().where(Audience.person_id == person_id, Audience.record_id == Message.record_id)
    return and_(theirs, or_(not_(suspended), ~secret))


def unread_of(person_id: Any, suspended: Any) -> ScalarSelect[int]:
    """How many messages the person has not read, as a part of a statement with the value `city_id`; counted no further than a
    thousand."""
    shown = shown_to(person_id, suspended, bindparam("city_id", type_=Integer))
    some = select(Message.id).where(shown, Message.read_at.is_(None)).limit(MOST_COUNTED).correlate(Person).subquery()
    return select(func.count()).select_from(some).scalar_subquery()


def unread_count(person_id: int) -> int:
    """How many messages the person has not read; counted no further than a thousand."""
    return db.session.scalar(select(unread_of(person_id, False)), {"city_id": current_city()}) or 0


def messages_of(actor: Actor, *, only_new: bool = False, place: Place | None = None, size: int = PAGE_SIZE) -> MessagePage:
    """One page of the person's messages, newest first."""
    back = place is not None and place.back
    values = {"city_id": current_city(), "person_id": actor.person_id, "limit": size + 1, **values_of(actor)}
    values |= {} if place is None else {"at": place.at, "id": place.id}
    shape = only_new, place is not None, back, actor.suspended
    rows = _PAGES.execute(shape, lambda: _page(*shape), values, {}).all()
    more = len(rows) > size
    found = [message for message, _leads in rows[:size]]
    hidden = frozenset(message.id for message, seen in rows if not seen)
    if back:
        return MessagePage(found[::-1], hidden, newer=more, older=bool(found))
    return MessagePage(found, hidden, newer=place is not None, older=more)


def _page(only_new: bool, placed: bool, back: bool, suspended: bool) -> Select[Message, bool]:
    query = select(Message).where(shown_to(bindparam("person_id", type_=Integer), suspended, bindparam("city_id", type_=Integer)))
    if only_new:
        query = query.where(Message.read_at.is_(None))
    if placed:
        order, here = tuple_(Message.at, Message.id), tuple_(bindparam("at", type_=DateTime(True)), bindparam("id", type_=Uuid))
        query = query.where(order > here if back else order < here)

    def ordered(one: type[Message]) -> tuple[ColumnElement[Any], ...]:
        return (one.at.asc(), one.id.asc()) if back else (one.at.desc(), one.id.desc())

    # Limited first: whether they see a matter is then asked for these alone.
    told = aliased(Message, query.order_by(*ordered(Message)).limit(bindparam("limit", type_=Integer)).subquery())
    return select(told, or_(told.record_id.is_(None), sees(told.record_id))).order_by(*ordered(told))


def latest(actor: Actor, count: int = 5) -> MessagePage:
    """The person's latest messages, for the desk."""
    return messages_of(actor, size=count)


@dataclass(frozen=True, slots=True)
class Reach:
    """How an active person is reached: his address by channel, what he wishes, and whether he is on duty."""

    addresses: Mapping[str, str]
    wishes: Wishes
    on_duty: bool
    version: int


def reach_of(person_ids: Collection[int]) -> dict[int, Reach]:
    """How each of these persons is reached, in one statement for all; who is not active is not among them."""
    contacts = (
        select(func.jsonb_object_agg(ChannelAddress.channel, ChannelAddress.address))
        .where(ChannelAddress.person_id == Person.id)
        .correlate(Person)
        .scalar_subquery()
    )
    rows = db.session.execute(
        select(Person.id, Person.email, contacts, _on_shift(Person.id), NotificationSetting)
        .outerjoin(NotificationSetting, NotificationSetting.person_id == Person.id)
        .where(Person.city_id == current_city(), Person.id.in_(person_ids), Person.active)
        .execution_options(populate_existing=True)
    )
    return {
        person_id: Reach(
            (contacted or {}) | ({MAIL: email} if email else {}),
            wishes_of(setting),
            on_duty,
            setting.version if setting else 0,
        )
        for person_id, email, contacted, on_duty, setting in rows
    }


def _on_shift(person_id: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    asked = cast("Iterable[Callable[[InstrumentedAttribute[int]], ColumnElement[bool]]]", ON_SHIFT)
    return or_(false(), *(answer(person_id) for answer in asked))


def wishes_of(setting: NotificationSetting | None) -> Wishes:
    """What a person has set; nothing: as shipped."""
    if setting is None:
        return Wishes()
    return Wishes(setting.ways, Quiet(setting.quiet_from, setting.quiet_to, setting.quiet_days_off))


def changes_of(person_id: int, since: datetime) -> list[AddressChange]:
    """The addresses that somebody has asked for since then, the newest first."""
    return list(
        db.session.scalars(
            select(AddressChange)
            .where(
                AddressChange.city_id == current_city(),
                AddressChange.person_id == person_id,
                AddressChange.asked_at > since,
            )
            .order_by(AddressChange.asked_at.desc(), AddressChange.id)
        )
    )


def change_of(person_id: int, change_id: UUID) -> AddressChange | None:
    """One of a person's own requests."""
    return db.session.scalar(
        select(AddressChange).where(
            AddressChange.city_id == current_city(),
            AddressChange.id == change_id,
            AddressChange.person_id == person_id,
        )
    )
