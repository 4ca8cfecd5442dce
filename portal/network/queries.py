"""Questions about the network: who holds a seat, what lies above and below a unit, which unit was meant.

A seat is looked up in the unit itself, then in its general office; every other role wherever an organ acts for the
unit. All answers are those of today, of active persons, of the session's city.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    DateTime,
    Integer,
    Select,
    and_,
    bindparam,
    case,
    exists,
    false,
    func,
    literal,
    null,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import aliased

from portal.access.actor import Standing
from portal.access.roles import LEADERS, OFFICERS, SUPERVISION, Role
from portal.identity.models import Person
from portal.kernel import clock
from portal.kernel.db import current_city, db
from portal.network.models import ORGANS, Delegation, Kind, Level, Post, Unit

SEATS = frozenset({Role.OFFICE_DIRECTOR, Role.DEPUTY_LEADER, Role.PRINCIPAL_LEADER, Role.HANDLER, Role.LIAISON_OFFICER})
_LEVEL_ORDER = {level: number for number, level in enumerate(Level)}


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


@cache
def _standings() -> Select[Any]:
    """Put together once: every page asks it."""
    person_id = bindparam("person_id", type_=Integer)
    day: Any = bindparam("day", type_=Date)
    moment: Any = bindparam("moment", type_=DateTime(timezone=True))
    post = (Post.id, Post.role, Post.unit_id, Post.for_unit_id)
    own = select(*post, null().label("delegation_id"), true().label("covers"), literal(0).label("rank")).where(
        Post.person_id == person_id, in_force(day)
    )
    lent = (
        select(*post, Delegation.id, Delegation.covers_confidential, literal(1))
        .join(Delegation, Delegation.post_id == Post.id)
        .join(Person, Person.id == Post.person_id)
        .where(Delegation.to_person_id == person_id, delegated_at(moment), in_force(day), Person.active)
    )
    held = union_all(own, lent).subquery()
    at, whom = aliased(Unit), aliased(Unit)
    return (
        select(held, at.name, whom.path)
        .join(at, at.id == held.c.unit_id)
        .join(whom, whom.id == held.c.for_unit_id)
        .order_by(held.c.rank, held.c.id, held.c.covers.desc(), held.c.delegation_id)
    )


def standings_of(person_id: int) -> list[Standing]:
    """The posts a person holds today, by id, then those he stands in for now. One statement."""
    rows = db.session.execute(_standings(), {"person_id": person_id, "day": clock.today(), "moment": clock.now()})
    standings: dict[int, Standing] = {}
    for post_id, role, unit_id, for_unit_id, delegation_id, covers, _rank, name, path in rows:
        # Lent twice for overlapping periods: the wider delegation counts.
        standings.setdefault(
            post_id, Standing(post_id, Role(role), unit_id, name, for_unit_id, tuple(path), delegation_id, covers)
        )
    return list(standings.values())


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
    rows = list(db.session.execute(_seated(unit_ids, roles)))
    first: dict[tuple[int, Role], int] = {}
    for post, _person, rank in rows:
        first.setdefault((post.for_unit_id, post.role), rank)
    return [
        (post, person)
        for post, person, rank in rows
        if post.role not in SEATS or rank == first[post.for_unit_id, post.role]
    ]


def holders(unit_id: int, role: Role) -> list[Holder]:
    """Who holds this role for this unit today; a seat: those in the unit itself, else those of its general office."""
    return [Holder(person.id, person.name, post.id) for post, person in _posts((unit_id,), (role,))]


def _delegates(posts: Sequence[int], confidential: bool) -> list[Holder]:
    if not posts:
        return []
    rows = db.session.execute(
        select(Delegation.post_id, Person.id, Person.name, Delegation.id)
        .join(Person, Person.id == Delegation.to_person_id)
        .where(
            Delegation.post_id.in_(posts),
            delegated_at(clock.now()),
            Person.active,
            Delegation.covers_confidential if confidential else true(),
        )
        .order_by(Delegation.post_id, Delegation.id)
    )
    found: dict[tuple[int, int], Holder] = {}
    for post_id, person_id, name, delegation_id in rows:
        found.setdefault((post_id, person_id), Holder(person_id, name, post_id, delegation_id))
    return list(found.values())


def signing(unit_id: Any, role: Any, *, confidential: bool = False) -> Select[Any]:
    """The statement behind `signers`, for a unit and a role, or for columns of a statement around it: what
    `signers_in` reads."""
    seated, stand_in = _seated((unit_id,), (role,)), aliased(Person)
    lent = (Delegation.post_id == Post.id, delegated_at(clock.now()), Delegation.covers_confidential if confidential else true())
    return (
        seated.with_only_columns(
            seated.selected_columns["rank"], Post.id.label("post_id"), Person.id.label("person_id"),
            Person.name.label("name"), Delegation.id.label("delegation_id"), stand_in.id.label("stand_in_id"),
            stand_in.name.label("stand_in"),
        )
        .outerjoin(Delegation, and_(*lent))
        .outerjoin(stand_in, and_(stand_in.id == Delegation.to_person_id, stand_in.active))
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
    """The holders, then their stand-ins of now; for a confidential matter only where the delegation says so."""
    return signers_in(db.session.execute(signing(unit_id, role, confidential=confidential)).all())


def recipients(unit_id: int, roles: Collection[Role], *, confidential: bool = False) -> list[int]:
    """The persons whom a notice to these roles of the unit reaches: holders and delegates, each once, in that order."""
    return recipients_of((unit_id,), roles, confidential=confidential)[unit_id]


def recipients_of(
    unit_ids: Collection[int], roles: Collection[Role], *, confidential: bool = False
) -> dict[int, list[int]]:
    """`recipients` of several units, in the same two statements."""
    held = _posts(unit_ids, roles)
    unit_of = {post.id: post.for_unit_id for post, _person in held}
    found: dict[int, dict[int, None]] = {unit_id: {} for unit_id in unit_ids}
    for post, person in held:
        found[post.for_unit_id][person.id] = None
    for stand_in in _delegates(list(unit_of), confidential):
        found[unit_of[stand_in.post_id]][stand_in.person_id] = None
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


def _units() -> Select[Unit]:
    return select(Unit).where(Unit.city_id == current_city())


def _live() -> Select[Unit]:
    return _units().where(Unit.retired_on.is_(None))


def unit_by_id(unit_id: int) -> Unit | None:
    """The unit of this city with that id."""
    return db.session.scalar(_units().where(Unit.id == unit_id))


def unit_by_code(code: str) -> Unit | None:
    """The unit with this code, retired ones included."""
    return db.session.scalar(_units().where(Unit.code == code))


_CODE_IN_BRACKETS = re.compile(r"[(（]\s*([^()（）]+?)\s*[)）]\s*$")


def unit_meant(typed: str) -> Unit | None:
    """The unit that was meant by a code, “name (code)”, or a name or short name that only one unit bears."""
    said = typed.strip()
    codes = [said, *_CODE_IN_BRACKETS.findall(said)]
    found = list(
        db.session.scalars(
            _live().where(or_(Unit.code.in_(codes), Unit.name == said, Unit.short_name == said)).limit(5)
        )
    )
    by_code = [unit for unit in found if unit.code in codes]
    named = by_code or found
    return named[0] if len(named) == 1 else None


def units_matching(typed: str, limit: int = 20, *, organs: bool = False) -> list[Unit]:
    """Units with this in name, short name, code or pinyin (full or initials); the nearest and the higher ones first."""
    said = typed.strip()
    if not said:
        return []
    codes = [said, *_CODE_IN_BRACKETS.findall(said)]
    spelled = re.sub(r"[\s'’]+", "", said.lower())
    in_name = or_(Unit.name.contains(said, autoescape=True), Unit.short_name.contains(said, autoescape=True))
    in_code = or_(Unit.code.startswith(said, autoescape=True), Unit.code.in_(codes))
    starts = Unit.pinyin.contains(f" {spelled}", autoescape=True)
    in_pinyin = Unit.pinyin.contains(spelled, autoescape=True) if re.fullmatch(r"[a-z][a-z0-9]*", spelled) else false()
    nearness = case(
        (or_(Unit.code.in_(codes), Unit.name == said, Unit.short_name == said), 0),
        (or_(Unit.name.startswith(said, autoescape=True), Unit.short_name.startswith(said, autoescape=True)), 1),
        (and_(in_pinyin, starts), 2),
        else_=3,
    )
    level = case({level.value: number for level, number in _LEVEL_ORDER.items()}, value=Unit.level, else_=9)
    found = _live().where(or_(in_name, in_code, in_pinyin))
    if not organs:
        found = found.where(Unit.kind.not_in(ORGANS))
    return list(db.session.scalars(found.order_by(nearness, level, func.length(Unit.name), Unit.code).limit(limit)))


def children_units(unit_id: int, *, direct: bool = False) -> list[Unit]:
    """The units below that business may be forwarded to, deeper ones included unless `direct`; no organs."""
    below = Unit.parent_id == unit_id if direct else and_(Unit.path.contains([unit_id]), Unit.id != unit_id)
    found = _live().where(below, Unit.kind.not_in(ORGANS))
    return list(db.session.scalars(found.order_by(func.cardinality(Unit.path), Unit.code)))


def branch(parent_id: int | None) -> list[tuple[Unit, int]]:
    """The units right below (or the roots), organs included, each with the number of units right below it."""
    lower = aliased(Unit)
    below = (
        select(func.count())
        .select_from(lower)
        .where(lower.parent_id == Unit.id, lower.retired_on.is_(None))
        .correlate(Unit)
        .scalar_subquery()
    )
    where = Unit.parent_id.is_(None) if parent_id is None else Unit.parent_id == parent_id
    rows = db.session.execute(_live().where(where).add_columns(below).order_by(Unit.code))
    return [(unit, count) for unit, count in rows]


def ancestors(unit_id: int) -> list[Unit]:
    """The units above, the city's root first."""
    unit = unit_by_id(unit_id)
    if unit is None:
        return []
    found = {above.id: above for above in db.session.scalars(_units().where(Unit.id.in_(unit.path[:-1])))}
    return [found[one] for one in unit.path[:-1] if one in found]


def proposal_for(unit: Unit, registering_unit: Unit) -> Unit | None:
    """The county committee to be lead instead, and to forward, where a unit of a county would be assigned past it;
    None where nothing stands between."""
    if registering_unit.id not in unit.path:
        return None
    between = unit.path[unit.path.index(registering_unit.id) + 1 : -1]
    if not between:
        return None
    return db.session.scalars(
        select(Unit)
        .where(Unit.city_id == current_city(), Unit.id.in_(between), Unit.kind == Kind.PARTY_COMMITTEE,
               Unit.retired_on.is_(None))
        .order_by(Unit.path)
        .limit(1)
    ).first()  # fmt: skip


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
    for stand_in in _delegates([post.id for post, _person in rows], confidential=False):
        lent.setdefault(stand_in.post_id, []).append(stand_in)
    return [(post, person, lent.get(post.id, [])) for post, person in rows]


def _people(*where: ColumnElement[bool]) -> Select[Person]:
    return (
        select(Person)
        .where(Person.city_id == current_city(), Person.active)
        .where(exists().where(Post.person_id == Person.id, in_force(clock.today()), *where))
        .order_by(Person.name, Person.id)
    )


def leaders_matching(typed: str, limit: int = 20) -> list[Person]:
    """Leaders of a committee or government of this city, by part of name or sign-in name: to link an instruction to."""
    said = typed.strip()
    if not said:
        return []
    found = _people(
        Post.role.in_(LEADERS), Unit.id == Post.unit_id, Unit.kind.in_((Kind.PARTY_COMMITTEE, Kind.GOVERNMENT))
    ).where(or_(Person.name.contains(said, autoescape=True), Person.sign_in_name.contains(said, autoescape=True)))
    return list(db.session.scalars(found.limit(limit)))


def leader_meant(typed: str) -> Person | None:
    """The leader with exactly this name or sign-in name, where it is only one."""
    said = typed.strip()
    found = [one for one in leaders_matching(said) if said in (one.name, one.sign_in_name)]
    return found[0] if len(found) == 1 else None


def colleagues_of(person_id: int) -> list[Person]:
    """Who may be proposed as somebody's stand-in: people with business posts for the units he works for."""
    mine = aliased(Post)
    day = clock.today()
    his = select(mine.for_unit_id).where(
        mine.person_id == person_id, mine.from_on <= day, or_(mine.to_on.is_(None), mine.to_on > day)
    )
    found = _people(Post.for_unit_id.in_(his), Post.role.not_in(OFFICERS)).where(Person.id != person_id)
    return list(db.session.scalars(found))


def roles_held(person_id: int) -> set[Role]:
    """The roles a person holds today in posts of his own."""
    return {
        Role(r)
        for r in db.session.scalars(select(Post.role).where(Post.person_id == person_id, in_force(clock.today())))
    }
