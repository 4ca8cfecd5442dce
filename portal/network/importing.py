"""Carrying out a judged import: all of it or nothing, in bulk; and the sound of names, by which units are found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import exists, insert, select, update
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.dialects.postgresql import insert as insert_new

from portal.access.actor import Actor
from portal.access.roles import OFFICERS, Role
from portal.identity.models import Person
from portal.kernel import clock
from portal.kernel.db import current_city, db, has_written
from portal.network.models import ORGANS, Appointment, Kind, Level, Post, Unit
from portal.network.plan import Known, KnownPerson, KnownUnit, Plan, PlannedUnit
from portal.network.queries import in_force
from portal.network.rules import AGREED

_PINYIN_MOST = 300


@dataclass(frozen=True, slots=True)
class Written:
    """How much an import wrote; `waiting` are the posts that somebody else has to agree to."""

    units: int
    people: int
    posts: int
    waiting: int = 0


def known_network() -> Known:
    """What the session's city has already."""
    units = {
        unit.code: KnownUnit(
            unit.id,
            Kind(unit.kind),
            Level(unit.level),
            tuple(unit.path),
            unit.parent_id,
            unit.document_prefix,
            unit.name,
            unit.short_name,
            unit.retired_on is not None,
        )
        for unit in db.session.scalars(select(Unit).where(Unit.city_id == current_city()))
    }
    posts: dict[int, set[tuple[str, Role]]] = {}
    for person_id, code, role in db.session.execute(
        select(Post.person_id, Unit.code, Post.role)
        .join(Unit, Unit.id == Post.unit_id)
        .where(Post.city_id == current_city(), in_force(clock.today()))
    ):
        posts.setdefault(person_id, set()).add((code, Role(role)))
    people = {
        person.sign_in_name: KnownPerson(person.id, person.name, frozenset(posts.get(person.id, ())))
        for person in db.session.scalars(select(Person).where(Person.city_id == current_city()))
    }
    return Known(units, people)


def carry_out(plan: Plan, hashes: Mapping[str, str], *, must_change_password: bool = True, by: Actor | None = None) -> Written:
    """Write a plan without faults. `hashes` holds the stored password of every new person by sign-in name. Posts are
    held from today; those of supervisors, heads and leaders wait for somebody else's agreement, and new people read nothing
    confidential before they are confirmed: the very first of a city excepted, when there is nobody yet to agree."""
    if not plan.good:
        raise ValueError("a plan with faults is not carried out")
    ids = {code: known.id for code, known in plan.known.units.items()}
    acts_for = {
        code: known.parent_id if known.kind in ORGANS and known.parent_id else known.id for code, known in plan.known.units.items()
    }
    _write_units(plan, ids)
    acts_for |= {
        unit.code: ids[unit.parent_code] if unit.kind in ORGANS and unit.parent_code else ids[unit.code] for unit in plan.units
    }
    founding = by is None and not db.session.scalar(
        select(exists().where(Post.city_id == current_city(), Post.role.not_in(OFFICERS)))
    )
    newcomers = plan.new_people()
    people = {name: known.id for name, known in plan.known.people.items()}
    if newcomers:
        written = db.session.execute(
            insert(Person).returning(Person.sign_in_name, Person.id),
            [
                {
                    "sign_in_name": name,
                    "name": post.name,
                    "email": post.email,
                    "password_hash": hashes[name],
                    "must_change_password": must_change_password,
                    "active": True,
                    "created_at": clock.now(),
                    "suspended_at": None if founding else clock.now(),
                }
                for name, post in newcomers.items()
            ],
        )
        people.update((name, person_id) for name, person_id in written)
    waiting = [] if founding else [post for post in plan.posts if post.role in AGREED]
    held = [post for post in plan.posts if post.role not in AGREED] if waiting else plan.posts
    facts = [
        {"person_id": people[post.sign_in_name], "unit_id": ids[post.unit_code], "role": post.role, "from_on": clock.today()}
        for post in [*held, *waiting]
    ]
    if held:
        rows = zip(held, facts, strict=False)
        db.session.execute(insert(Post), [fact | {"for_unit_id": acts_for[post.unit_code]} for post, fact in rows])
    asked = facts[len(held) :]
    if asked:
        proposed = {"proposed_by_id": by.person_id if by else None, "proposed_at": clock.now()}
        db.session.execute(insert_new(Appointment).on_conflict_do_nothing(), [fact | proposed for fact in asked])
    has_written(len(plan.units) + len(newcomers) + len(plan.posts))
    return Written(len(plan.units), len(newcomers), len(held), len(waiting))


def _write_units(plan: Plan, ids: dict[str, int]) -> None:
    paths = {code: list(known.path) for code, known in plan.known.units.items()}
    by_depth: dict[int, list[PlannedUnit]] = {}
    for unit in plan.units:
        by_depth.setdefault(unit.depth, []).append(unit)
    made: list[int] = []
    for depth in sorted(by_depth):
        # A unit's own id is not known yet, so its path is that of its parent until the end.
        written = db.session.execute(
            insert(Unit).returning(Unit.code, Unit.id),
            [
                {
                    "code": unit.code,
                    "name": unit.name,
                    "short_name": unit.short_name,
                    "document_prefix": unit.document_prefix,
                    "level": unit.level,
                    "kind": unit.kind,
                    "parent_id": ids[unit.parent_code] if unit.parent_code else None,
                    "path": paths[unit.parent_code] if unit.parent_code else [],
                    "pinyin": sound_of(unit.short_name, unit.name),
                }
                for unit in by_depth[depth]
            ],
        )
        for code, unit_id in written:
            ids[code] = unit_id
            made.append(unit_id)
        for unit in by_depth[depth]:
            paths[unit.code] = [*(paths[unit.parent_code] if unit.parent_code else []), ids[unit.code]]
    if made:
        db.session.execute(
            update(Unit)
            .where(Unit.id.in_(made))
            .values(path=Unit.path.op("||")(array([Unit.id])))
            .execution_options(synchronize_session=False)
        )


def sound_of(*names: str) -> str:
    """The names in pinyin, initials before full, parted and led by blanks, syllables parted by ': " lcqw lu'cheng'qu'wei"."""
    # The dictionary takes 0.1 s and 20 MB, which no worker that imports nothing should pay.
    from pypinyin import lazy_pinyin

    words: list[str] = []
    for name in names:
        syllables = [s.lower() for s in lazy_pinyin(name)]
        words += ["".join(s[:1] for s in syllables), "'".join(syllables)]
    return "".join(f" {word}" for word in dict.fromkeys(words) if word)[:_PINYIN_MOST]
