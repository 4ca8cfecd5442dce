"""The people of the network: a unit's posts, leaders to link an instruction to, who may stand in for whom."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import aliased, joinedload

from portal.access.roles import LEADERS, OFFICERS, Role
from portal.identity.models import Person
from portal.kernel import clock
from portal.kernel.db import current_city, db
from portal.kernel.text import folded
from portal.network.models import Delegation, Kind, Post, Unit
from portal.network.queries.seats import Holder, delegated_at, delegates_of, in_business, in_force


def posts_in(unit_id: int) -> list[tuple[Post, Person, list[Holder]]]:
    """The posts in force of one unit with their holders, each with those who stand in for it now."""
    rows = list(
        db.session.execute(
            select(Post, Person)
            .join(Person, Person.id == Post.person_id)
            .where(Post.city_id == current_city(), Post.unit_id == unit_id, in_force(clock.today()), Person.active)
            .order_by(Post.id)
        )
    )
    lent: dict[int, list[Holder]] = {}
    for stand_in in delegates_of([post.id for post, _person in rows], confidential=False):
        lent.setdefault(stand_in.post_id, []).append(stand_in)
    return [(post, person, lent.get(post.id, [])) for post, person in rows]


@dataclass(frozen=True, slots=True)
class Placed:
    """A post in force on a unit's page: who holds it since when, in which unit (an organ's posts stand with the unit for
    which it acts; `path` is where that organ stands in the tree), and who stands in."""

    post_id: int
    role: Role
    unit_id: int
    path: Sequence[int]
    where: str
    person_id: int
    person: str
    email: str | None
    since: date
    delegates: list[str]


def posts_for(unit: Unit) -> list[Placed]:
    """The posts of a unit and of the organs that act for it; of an organ, its own. One statement."""
    stand_in = aliased(Person)
    of_unit = and_(Post.for_unit_id == unit.acts_for_id, Post.unit_id == unit.id) if unit.is_organ else Post.for_unit_id == unit.id
    rows = db.session.execute(
        select(Post.id, Post.role, Post.unit_id, Unit.path, Unit.name.label("where"), Post.person_id, Person.name, Person.email,
               Post.from_on, stand_in.name.label("stand_in"))
        .join(Person, Person.id == Post.person_id)
        .join(Unit, Unit.id == Post.unit_id)
        .outerjoin(Delegation, and_(Delegation.post_id == Post.id, delegated_at(clock.now())))
        .outerjoin(
            stand_in,
            and_(stand_in.id == Delegation.to_person_id, stand_in.active, in_business(stand_in.id, clock.today())),
        )
        .where(Post.city_id == current_city(), of_unit, in_force(clock.today()), Person.active)
        .order_by(Post.unit_id != unit.id, Unit.code, Post.id, Delegation.id)
    )  # fmt: skip
    found: dict[int, Placed] = {}
    for post_id, role, unit_id, path, where, person_id, name, email, since, delegate in rows:
        placed = found.setdefault(post_id, Placed(post_id, Role(role), unit_id, path, where, person_id, name, email, since, []))
        if delegate and delegate not in placed.delegates:
            placed.delegates.append(delegate)
    return list(found.values())


def _people(*where: ColumnElement[bool]) -> Select[Person]:
    return (
        select(Person)
        .where(Person.city_id == current_city(), Person.active)
        .where(exists().where(Post.person_id == Person.id, in_force(clock.today()), *where))
        .order_by(Person.name, Person.id)
    )


def leaders_matching(typed: str, limit: int = 20) -> list[Person]:
    """Leaders of a committee or government of this city, by part of name or sign-in name: to link an instruction to."""
    said = folded(typed)
    if not said:
        return []
    found = _people(Post.role.in_(LEADERS), Unit.id == Post.unit_id, Unit.kind.in_((Kind.PARTY_COMMITTEE, Kind.GOVERNMENT))).where(
        or_(func.folded(Person.name).contains(said), func.folded(Person.sign_in_name).contains(said))
    )
    return list(db.session.scalars(found.limit(limit)))


def leader_meant(typed: str) -> Person | None:
    """The leader with exactly this name or sign-in name, where it is only one."""
    found = leaders_matching(typed)
    signed = [one for one in found if one.sign_in_name == typed.strip()]
    named = signed or [one for one in found if folded(one.name) == folded(typed)]
    return named[0] if len(named) == 1 else None


def colleagues_of(person_id: int) -> list[Person]:
    """Who may be proposed as somebody's stand-in: people with business posts for the units he works for."""
    mine = aliased(Post)
    day = clock.today()
    his = select(mine.for_unit_id).where(
        mine.person_id == person_id, mine.from_on <= day, or_(mine.to_on.is_(None), mine.to_on > day)
    )
    found = _people(Post.for_unit_id.in_(his), Post.role.not_in(OFFICERS)).where(Person.id != person_id)
    return list(db.session.scalars(found))


def post_by_id(post_id: int) -> Post | None:
    """The post of this city with that id, past or present, with its person and its unit."""
    return db.session.scalar(
        select(Post)
        .where(Post.city_id == current_city(), Post.id == post_id)
        .options(joinedload(Post.person), joinedload(Post.unit))
    )


def people_matching(typed: str, limit: int = 20) -> list[Person]:
    """People of this city by part of name or sign-in name, whether they hold a post now or not; no officers."""
    said = folded(typed)
    if not said:
        return []
    officer = exists().where(Post.person_id == Person.id, in_force(clock.today()), Post.role.in_(OFFICERS))
    return list(
        db.session.scalars(
            select(Person)
            .where(Person.city_id == current_city(), Person.active, ~officer)
            .where(or_(func.folded(Person.name).contains(said), func.folded(Person.sign_in_name).contains(said)))
            .order_by(Person.name, Person.id)
            .limit(limit)
        )
    )


_NAME_IN_BRACKETS = re.compile(r"[(（]\s*([^()（）]+?)\s*[)）]\s*$")


def resolve_person(typed: str) -> Person | None:
    """The one active person with exactly this sign-in name, “name (sign-in name)”, or a name that only one bears, in
    whatever dots, width and case; None too where name and sign-in name contradict each other."""
    said, coded = typed.strip(), _NAME_IN_BRACKETS.search(typed.strip())
    names = [said, *([coded[1]] if coded else [])]
    found = list(
        db.session.scalars(
            select(Person)
            .where(Person.city_id == current_city(), Person.active)
            .where(or_(Person.sign_in_name.in_(names), func.folded(Person.name) == folded(said)))
            .limit(5)
        )
    )
    signed = [one for one in found if one.sign_in_name in names]
    if coded and folded(said[: coded.start()]):
        signed = [one for one in signed if folded(said[: coded.start()]) == folded(one.name)]
        found = [one for one in found if one.sign_in_name not in names or one in signed]
    named = signed or found
    return named[0] if len(named) == 1 else None


def roles_held(person_id: int) -> set[Role]:
    """The roles a person holds today in posts of his own."""
    return {Role(r) for r in db.session.scalars(select(Post.role).where(Post.person_id == person_id, in_force(clock.today())))}
