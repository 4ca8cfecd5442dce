"""Who holds the three offices, and where a new city's officers sit."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from portal.access.roles import OFFICERS, Role
from portal.identity.models import Person
from portal.kernel import clock
from portal.kernel.db import current_city, db
from portal.network.models import Kind as UnitKind
from portal.network.models import Post, Unit
from portal.network.queries import in_force, seated
from portal.network.rules import head_role


@dataclass(frozen=True, slots=True)
class Officer:
    """Who holds one of the three offices today."""

    role: Role
    person_id: int
    name: str
    sign_in_name: str


def officers_now() -> list[Officer]:
    """The three officers, as far as they are appointed."""
    rows = db.session.execute(
        select(Post.role, Person.id, Person.name, Person.sign_in_name)
        .join(Person, Person.id == Post.person_id)
        .where(Post.city_id == current_city(), Post.role.in_(OFFICERS), in_force(clock.today()))
        .order_by(Post.id)
    )
    return [Officer(Role(role), person_id, name, sign_in_name) for role, person_id, name, sign_in_name in rows]


def officer_posts(role: Role) -> list[Post]:
    """The posts in force of this office, held while it changes hands."""
    return list(
        db.session.scalars(
            select(Post)
            .where(Post.city_id == current_city(), Post.role == role, in_force(clock.today()))
            .order_by(Post.id)
            .with_for_update()
        )
    )


def outsiders() -> frozenset[int]:
    """Who speaks for the city outside the three officers: the heads of its supervision office, where there is none its principal
    leaders."""
    roots = db.session.scalars(select(Unit.id).where(Unit.city_id == current_city(), Unit.parent_id.is_(None))).all()
    found = seated({(root, role) for root in roots for role in (Role.SUPERVISION_HEAD, Role.PRINCIPAL_LEADER)})
    heads = frozenset().union(*(found[root, Role.SUPERVISION_HEAD] for root in roots))
    return heads or frozenset().union(*(found[root, Role.PRINCIPAL_LEADER] for root in roots))


def heads_of(person_id: int) -> frozenset[int]:
    """Who is at the head of this person: of a supervisor the head of his office, of a head or anybody else his unit's principal
    leader, of a principal leader the one above; of an officer whoever speaks for the city outside the three."""
    rows = db.session.execute(
        select(Post.role, Unit.id, Unit.parent_id)
        .join(Unit, Unit.id == Post.for_unit_id)
        .where(Post.city_id == current_city(), Post.person_id == person_id, in_force(clock.today()))
    ).all()
    seats = {_head_seat(Role(role), unit_id, parent_id) for role, unit_id, parent_id in rows if role not in OFFICERS}
    people = frozenset().union(*seated({seat for seat in seats if seat}).values())
    if any(role in OFFICERS for role, _unit, _parent in rows):
        people |= outsiders()
    return people - {person_id}


def _head_seat(role: Role, unit_id: int, parent_id: int | None) -> tuple[int, Role] | None:
    if role is Role.SUPERVISION_HEAD:
        return unit_id, Role.PRINCIPAL_LEADER
    if role is Role.PRINCIPAL_LEADER:
        return (parent_id, Role.PRINCIPAL_LEADER) if parent_id else None
    return unit_id, head_role(role)


def founding_unit() -> Unit | None:
    """Where a new city's officers sit: the general office of its first root, or that root itself."""
    root = db.session.scalars(
        select(Unit).where(Unit.city_id == current_city(), Unit.parent_id.is_(None), Unit.retired_on.is_(None)).order_by(Unit.code)
    ).first()
    if root is None:
        return None
    office = select(Unit).where(Unit.parent_id == root.id, Unit.kind == UnitKind.GENERAL_OFFICE, Unit.retired_on.is_(None))
    return db.session.scalars(office.order_by(Unit.code)).first() or root


def post_by_id(post_id: int) -> Post | None:
    """The post of this city with that id."""
    return db.session.scalar(select(Post).where(Post.city_id == current_city(), Post.id == post_id))
