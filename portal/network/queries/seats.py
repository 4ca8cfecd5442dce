"""Who holds a seat and who stands in; who is told. A seat is looked up in the unit itself, then in its general office;
every other role wherever an organ acts for the unit. All answers are those of today, of active persons, of the session's
city.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    case,
    exists,
    func,
    or_,
    select,
    true,
)
from sqlalchemy.orm import aliased

from portal.access.roles import OFFICERS, SUPERVISION, Role
from portal.identity.models import Person
from portal.kernel import clock
from portal.kernel.db import db
from portal.network.models import Delegation, Kind, Post, Unit
from portal.registry.acts import Lent

SEATS = frozenset({Role.OFFICE_DIRECTOR, Role.DEPUTY_LEADER, Role.PRINCIPAL_LEADER, Role.HANDLER, Role.LIAISON_OFFICER})


@dataclass(frozen=True, slots=True)
class Holder:
    """A person in a post, or standing in for it where `delegation_id` is set."""

    person_id: int
    name: str
    post_id: int
    delegation_id: int | None = None


def in_force(day: date) -> ColumnElement[bool]:
    """The post is held on that day (`to_on` exclusive)."""
    return and_(Post.from_on <= day, or_(Post.to_on.is_(None), Post.to_on > day))


def delegated_at(moment: datetime) -> ColumnElement[bool]:
    """The delegation is in force at that moment."""
    return and_(Delegation.from_at <= moment, Delegation.to_at > moment, Delegation.ended_at.is_(None))


def in_business(person_id: Any, day: Any) -> ColumnElement[bool]:
    """The person holds a business post of his own on that day: else he stands in for nobody, whatever was lent to him."""
    own = aliased(Post)
    return exists().where(
        own.person_id == person_id, own.role.not_in(OFFICERS), own.from_on <= day, or_(own.to_on.is_(None), own.to_on > day)
    )


def _seated(unit_ids: Collection[int], roles: Collection[Role]) -> Select[Post, Person, int]:
    rank = case((Post.unit_id == Post.for_unit_id, 0), (Unit.kind == Kind.GENERAL_OFFICE, 1), else_=2)
    return (
        select(Post, Person, rank.label("rank"))
        .select_from(Post)
        .join(Person, Person.id == Post.person_id)
        .join(Unit, Unit.id == Post.unit_id)
        .where(
            Post.for_unit_id.in_(unit_ids),
            Post.role.in_(roles),
            in_force(clock.today()),
            Person.active,
            or_(Post.role.not_in(SEATS), rank < 2),
        )
        .order_by(rank, Post.id)
    )


def _posts(unit_ids: Collection[int], roles: Collection[Role]) -> list[tuple[Post, Person]]:
    return [(row.Post, row.Person) for row in _nearest(db.session.execute(_seated(unit_ids, roles)).all())]


def _nearest(rows: Sequence[Any]) -> list[Any]:
    """Of rows with post and rank, in the order of rank: of a seat, those nearest to its unit."""
    first: dict[tuple[int, Role], int] = {}
    for row in rows:
        first.setdefault((row.Post.for_unit_id, row.Post.role), row.rank)
    return [row for row in rows if row.Post.role not in SEATS or row.rank == first[row.Post.for_unit_id, row.Post.role]]


def holders(unit_id: int, role: Role) -> list[Holder]:
    """Who holds this role for this unit today; a seat: those in the unit itself, else those of its general office."""
    return [Holder(person.id, person.name, post.id) for post, person in _posts((unit_id,), (role,))]


def seated(seats: Collection[tuple[int, Role]]) -> dict[tuple[int, Role], frozenset[int]]:
    """Who holds each of these roles for each of these units today, himself. One statement."""
    found: dict[tuple[int, Role], set[int]] = {seat: set() for seat in seats}
    if found:
        for post, person in _posts({unit for unit, _role in seats}, {role for _unit, role in seats}):
            found.get((post.for_unit_id, Role(post.role)), set()).add(person.id)
    return {seat: frozenset(people) for seat, people in found.items()}


def lent_for(kind: Lent) -> ColumnElement[bool]:
    """The delegation covers this kind of act, or all of them."""
    return Delegation.acts.overlap([Lent.ALL.value, kind.value])


def delegates_of(posts: Sequence[int], confidential: bool, kind: Lent | None = None) -> list[Holder]:
    """Who stands in for these posts now, in acts of this kind where one is named; for confidential matters only where
    the delegation says so."""
    if not posts:
        return []
    rows = db.session.execute(
        select(Delegation.post_id, Person.id, Person.name, Delegation.id)
        .join(Person, Person.id == Delegation.to_person_id)
        .where(
            Delegation.post_id.in_(posts),
            delegated_at(clock.now()),
            Person.active,
            in_business(Person.id, clock.today()),
            Delegation.covers_confidential if confidential else true(),
            lent_for(kind) if kind else true(),
        )
        .order_by(Delegation.post_id, Delegation.id)
    )
    found: dict[tuple[int, int], Holder] = {}
    for post_id, person_id, name, delegation_id in rows:
        found.setdefault((post_id, person_id), Holder(person_id, name, post_id, delegation_id))
    return list(found.values())


def holding(unit_id: int, roles: Collection[Role], *, kind: Lent) -> dict[int, datetime | None]:
    """Who holds one of these roles for the unit now: None; or stands in for a holder, in acts of this kind on confidential
    matters too: until when."""
    held = _posts((unit_id,), roles)
    found: dict[int, datetime | None] = dict.fromkeys(person.id for _post, person in held)
    if not held:
        return found
    lent = db.session.execute(
        select(Person.id, func.max(Delegation.to_at))
        .join(Delegation, Delegation.to_person_id == Person.id)
        .where(
            Delegation.post_id.in_([post.id for post, _person in held]),
            delegated_at(clock.now()),
            Person.active,
            in_business(Person.id, clock.today()),
            Delegation.covers_confidential,
            lent_for(kind),
        )
        .group_by(Person.id)
    )
    for person_id, until in lent:
        found.setdefault(person_id, until)
    return found


def signing(unit_id: Any, role: Any, *, confidential: Any = False) -> Select[Any]:
    """The statement behind `signers`, for a unit and a role, or for columns of a statement around it (also
    whether it is confidential): what `signers_in` reads."""
    seated, stand_in = _seated((unit_id,), (role,)), aliased(Person)
    covers: Any = true()
    if confidential is not False:
        covers = Delegation.covers_confidential if confidential is True else or_(~confidential, Delegation.covers_confidential)
    lent = (Delegation.post_id == Post.id, delegated_at(clock.now()), lent_for(Lent.SIGN), covers)
    return (
        seated.with_only_columns(
            seated.selected_columns["rank"],
            Post.id.label("post_id"),
            Person.id.label("person_id"),
            Person.name.label("name"),
            Delegation.id.label("delegation_id"),
            stand_in.id.label("stand_in_id"),
            stand_in.name.label("stand_in"),
        )
        .outerjoin(Delegation, and_(*lent))
        .outerjoin(
            stand_in,
            and_(stand_in.id == Delegation.to_person_id, stand_in.active, in_business(stand_in.id, clock.today())),
        )
    )


def signers_in(rows: Collection[Any]) -> list[Holder]:
    """The holders in rows of `signing`, then their stand-ins."""
    nearest = min((row.rank for row in rows), default=0)
    near = sorted((row for row in rows if row.rank == nearest), key=lambda row: (row.post_id, row.delegation_id or 0))
    held = [Holder(row.person_id, row.name, row.post_id) for row in near]
    lent: dict[tuple[int, int], Holder] = {}
    for row in near:
        if row.stand_in_id is not None:
            key = (row.post_id, row.stand_in_id)
            lent.setdefault(key, Holder(row.stand_in_id, row.stand_in, row.post_id, row.delegation_id))
    return [*dict.fromkeys(held), *lent.values()]


def signers(unit_id: int, role: Role, *, confidential: bool = False) -> list[Holder]:
    """The holders, then those who stand in for them in signing; for a confidential matter only where the delegation says
    so."""
    return signers_in(db.session.execute(signing(unit_id, role, confidential=confidential)).all())


def recipients(unit_id: int, roles: Collection[Role], *, confidential: bool = False, kind: Lent | None = None) -> list[int]:
    """The persons whom a notice to these roles of the unit reaches: holders and delegates, each once, in that order. A
    notice that asks for an act of one kind reaches the delegates for that kind alone."""
    return recipients_of((unit_id,), roles, confidential=confidential, kind=kind)[unit_id]


def recipients_of(
    unit_ids: Collection[int], roles: Collection[Role], *, confidential: bool = False, kind: Lent | None = None
) -> dict[int, list[int]]:
    """`recipients` of several units, in the same statement."""
    stand_in = aliased(Person)
    lent = and_(
        Delegation.post_id == Post.id,
        delegated_at(clock.now()),
        Delegation.covers_confidential if confidential else true(),
        lent_for(kind) if kind else true(),
    )
    himself = and_(stand_in.id == Delegation.to_person_id, stand_in.active, in_business(stand_in.id, clock.today()))
    seated = _seated(unit_ids, roles)
    rows = db.session.execute(
        seated.with_only_columns(
            seated.selected_columns["rank"], Post, Person.id.label("holder_id"), stand_in.id.label("stand_in_id")
        )
        .outerjoin(Delegation, lent)
        .outerjoin(stand_in, himself)
        .order_by(Delegation.id)
    ).all()
    near = _nearest(rows)
    found: dict[int, dict[int, None]] = {unit_id: {} for unit_id in unit_ids}
    for row in near:
        found[row.Post.for_unit_id][row.holder_id] = None
    for row in sorted(near, key=lambda row: row.Post.id):
        if row.stand_in_id is not None:
            found[row.Post.for_unit_id][row.stand_in_id] = None
    return {unit_id: list(people) for unit_id, people in found.items()}


def has_supervision_office(unit_id: int) -> bool:
    """Whether a supervision office with somebody in it acts for the unit; a vacant one does not count."""
    return bool(
        db.session.scalar(
            select(
                exists()
                .where(Post.for_unit_id == unit_id, Post.role.in_(SUPERVISION), in_force(clock.today()))
                .where(Person.id == Post.person_id, Person.active)
                .where(Unit.id == Post.unit_id, Unit.kind == Kind.SUPERVISION_OFFICE, Unit.retired_on.is_(None))
            )
        )
    )


def handlers_of(unit_id: int) -> list[Holder]:
    """Who may be named handler: the unit's handler posts; in a unit with none, its liaison officers."""
    return holders(unit_id, Role.HANDLER) or holders(unit_id, Role.LIAISON_OFFICER)
