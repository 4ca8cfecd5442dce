"""Which unit was meant, what lies above and below it, and which county stands between."""

from __future__ import annotations

import re

from sqlalchemy import Select, and_, case, false, func, or_, select
from sqlalchemy.orm import aliased

from portal.kernel.db import current_city, db
from portal.network.models import ORGANS, Kind, Level, Unit

_LEVEL_ORDER = {level: number for number, level in enumerate(Level)}


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
