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
from portal.network.queries import in_force


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
