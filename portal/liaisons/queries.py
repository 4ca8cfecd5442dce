"""The liaison officers of the units below one: a page of them, who is missing, whose number nobody has confirmed. And whom
the units name in a drive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, exists, select
from sqlalchemy.orm import joinedload

from portal.collections.models import CollectionUnit
from portal.identity.models import Person
from portal.kernel.db import current_city, db
from portal.liaisons.models import Nomination
from portal.network.models import ORGANS, Kind, Post, Unit
from portal.staffing.models import Contact
from portal.staffing.queries import expected_since, serving_officers, unconfirmed

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


def _shown(statement: Select[Unit], show: str) -> Select[Unit]:
    serving = exists().where(Post.for_unit_id == Unit.id, *serving_officers()).correlate(Unit)
    if show == VACANT:
        return statement.where(~serving)
    if show == UNCONFIRMED:
        confirmed = exists().where(Contact.post_id == Post.id, Contact.confirmed_on >= expected_since())
        return statement.where(exists().where(Post.for_unit_id == Unit.id, *serving_officers(), ~confirmed).correlate(Unit))
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
        .where(Post.for_unit_id.in_(units), *serving_officers())
        .order_by(Post.id)
    )
    for post, name, contact in rows:
        officer = Officer(post.id, post.person_id, name, contact, unconfirmed(contact, since))
        found.setdefault(post.for_unit_id, []).append(officer)
    return found


def nominations_of(asked: Sequence[CollectionUnit]) -> dict[int, Nomination]:
    """Whom each of these units names in a drive, by its place there."""
    found = db.session.scalars(
        select(Nomination)
        .where(Nomination.city_id == current_city(), Nomination.asked_id.in_([one.id for one in asked]))
        .options(joinedload(Nomination.nominee))
        .execution_options(populate_existing=True)
    )
    return {one.asked_id: one for one in found}


def nomination_of(asked: CollectionUnit) -> Nomination | None:
    """Whom this unit names."""
    return nominations_of([asked]).get(asked.id)
