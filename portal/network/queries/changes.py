"""What was changed in a unit, what is planned, and by whom."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import case, or_, select, union_all
from sqlalchemy.orm import aliased, contains_eager, joinedload

from portal.identity.models import Person
from portal.kernel.db import current_city, db
from portal.network.models import ChangeKind, Unit, UnitChange


def name_then(unit: Unit, moment: datetime) -> str:
    """The name that the unit bore at a moment. Only of a unit that was changed since its founding is anything asked."""
    if unit.version == 1:
        return unit.name
    bore: str | None = db.session.scalar(
        select(UnitChange.before["name"].astext)
        .where(
            UnitChange.city_id == current_city(),
            UnitChange.unit_id == unit.id,
            UnitChange.kind == ChangeKind.RENAME,
            UnitChange.carried_out_at > moment,
        )
        .order_by(UnitChange.carried_out_at)
        .limit(1)
    )
    return bore or unit.name


def merged_into(unit_id: int) -> list[int]:
    """The units that are no more and whose business this one has taken over."""
    return list(db.session.scalars(select(Unit.id).where(Unit.city_id == current_city(), Unit.heir_id == unit_id)))


def names_borne(unit: Unit) -> set[tuple[str, str]]:
    """Kind and name, as the unit and those that it took over from bear or have borne them."""
    those = (Unit.city_id == current_city(), or_(Unit.id == unit.id, Unit.heir_id == unit.id))
    before = (
        select(UnitChange.before["kind"].astext, UnitChange.before["name"].astext)
        .join(Unit, Unit.id == UnitChange.unit_id)
        .where(*those, UnitChange.kind == ChangeKind.RENAME, UnitChange.carried_out_at.is_not(None))
    )
    rows = db.session.execute(union_all(select(Unit.kind, Unit.name).where(*those), before))
    return {(row[0], row[1]) for row in rows}


def history_of(unit_id: int, limit: int = 50) -> list[UnitChange]:
    """The changes of a unit and those in which it was the other side: what is planned first, then the latest first. One
    statement."""
    this, other = aliased(Unit), aliased(Unit)
    planned = UnitChange.carried_out_at.is_(None) & UnitChange.cancelled_at.is_(None) & UnitChange.refused.is_(None)
    return list(
        db.session.scalars(
            select(UnitChange)
            .join(Person, Person.id == UnitChange.person_id)
            .outerjoin(this, this.id == UnitChange.unit_id)
            .outerjoin(other, other.id == UnitChange.other_id)
            .where(UnitChange.city_id == current_city(), or_(UnitChange.unit_id == unit_id, UnitChange.other_id == unit_id))
            .options(
                contains_eager(UnitChange.person),
                contains_eager(UnitChange.unit.of_type(this)),
                contains_eager(UnitChange.other.of_type(other)),
                joinedload(UnitChange.post),
            )
            .order_by(case((planned, 0), else_=1), UnitChange.from_on.desc(), UnitChange.id.desc())
            .limit(limit)
        )
    )
