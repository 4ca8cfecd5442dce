"""The liaison officers of the units below one: a page of them, who is missing, whose number nobody has confirmed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, exists, or_, select

from portal.access.roles import Role
from portal.deadlines.queries import calendar_of
from portal.identity.models import Person
from portal.kernel import clock
from portal.kernel.db import current_city, db
from portal.network.models import ORGANS, Kind, Post, Unit
from portal.network.queries import in_force
from portal.staffing.models import Contact
from portal.staffing.rules import asked_on

ALL, VACANT, UNCONFIRMED = "all", "vacant", "unconfirmed"
PAGE = 50


@dataclass(frozen=True, slots=True)
class Officer:
    """A liaison officer with his contact. `unconfirmed`: he has not said since the last request that it is right."""

    post_id: int
    person_id: int
    name: str
    contact: Contact | None
    unconfirmed: bool


@dataclass(frozen=True, slots=True)
class Desk:
    """A unit with its liaison officers; none of them: the seat is vacant."""

    unit: Unit
    officers: tuple[Officer, ...]


def liaisons(under: Unit, show: str = ALL, *, after: str = "", limit: int | None = PAGE) -> tuple[list[Desk], str | None]:
    """The units in the subtree by code, those after a code, with their officers; and the code to go on after. Organs act
    for their parents and villages are reached through their townships, so neither is expected to have one."""
    statement = (
        select(Unit)
        .where(
            Unit.city_id == current_city(), Unit.retired_on.is_(None), Unit.path.contains([under.id]),
            Unit.kind.not_in((*ORGANS, Kind.VILLAGE)), Unit.code > after,
        )
        .order_by(Unit.code)
    )  # fmt: skip
    statement = _shown(statement, show)
    units = list(db.session.scalars(statement.limit(limit + 1) if limit else statement))
    more = units[limit - 1].code if limit and len(units) > limit else None
    units = units[:limit]
    officers = _officers([unit.id for unit in units])
    return [Desk(unit, tuple(officers.get(unit.id, ()))) for unit in units], more


def expected_since() -> date:
    """The day of the last request: a contact confirmed before it counts as unconfirmed."""
    return asked_on(clock.today(), calendar_of(db.session()))


def unconfirmed(contact: Contact | None, since: date) -> bool:
    """Nobody has confirmed it since that day."""
    return contact is None or contact.confirmed_on is None or contact.confirmed_on < since


def _serving() -> tuple[Any, ...]:
    return (Post.role == Role.LIAISON_OFFICER, in_force(clock.today()), Person.id == Post.person_id, Person.active)


def _shown(statement: Select[Unit], show: str) -> Select[Unit]:
    serving = exists().where(Post.for_unit_id == Unit.id, *_serving()).correlate(Unit)
    if show == VACANT:
        return statement.where(~serving)
    if show == UNCONFIRMED:
        confirmed = exists().where(Contact.post_id == Post.id, Contact.confirmed_on >= expected_since())
        return statement.where(exists().where(Post.for_unit_id == Unit.id, *_serving(), ~confirmed).correlate(Unit))
    return statement


def _officers(units: Sequence[int]) -> dict[int, list[Officer]]:
    if not units:
        return {}
    since = expected_since()
    found: dict[int, list[Officer]] = {}
    rows = db.session.execute(
        select(Post, Person.name, Contact)
        .join(Person, Person.id == Post.person_id)
        .outerjoin(Contact, Contact.post_id == Post.id)
        .where(Post.for_unit_id.in_(units), *_serving())
        .order_by(Post.id)
    )
    for post, name, contact in rows:
        officer = Officer(post.id, post.person_id, name, contact, unconfirmed(contact, since))
        found.setdefault(post.for_unit_id, []).append(officer)
    return found


def officers_to_ask(since: date) -> list[tuple[int, int, str]]:
    """The liaison officers who have not confirmed since that day: post, person, unit's name."""
    rows = db.session.execute(
        select(Post.id, Post.person_id, Unit.name)
        .join(Person, Person.id == Post.person_id)
        .join(Unit, Unit.id == Post.for_unit_id)
        .outerjoin(Contact, Contact.post_id == Post.id)
        .where(Post.city_id == current_city(), *_serving())
        .where(or_(Contact.confirmed_on.is_(None), Contact.confirmed_on < since))
        .order_by(Post.id)
    )
    return [(post_id, person_id, name) for post_id, person_id, name in rows]
