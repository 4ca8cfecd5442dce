"""What is asked about collections: which there are, which units they ask, who has answered."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import contains_eager, joinedload

from portal.collections.models import Collection, CollectionAnswer, CollectionUnit
from portal.collections.rules import Kind
from portal.kernel.db import current_city, db
from portal.network.models import Unit

GIVEN = CollectionAnswer.given_at.is_not(None)
ACCEPTED = CollectionAnswer.accepted_at.is_not(None)
SHOWN: dict[str, tuple[ColumnElement[bool], ...]] = {
    "open": (CollectionAnswer.given_at.is_(None),),
    "answered": (GIVEN, ~ACCEPTED),
    "settled": (ACCEPTED,),
    "all": (),
}


def how_many(*which: ColumnElement[bool]) -> int:
    """How many units these conditions choose."""
    return db.session.scalar(select(func.count()).select_from(Unit).where(*which)) or 0


def is_asked(kind: Kind, unit_id: int, title: str, until: date) -> bool:
    """Whether this unit already asks this by that day."""
    same = (
        Collection.city_id == current_city(), Collection.kind == kind.name, Collection.unit_id == unit_id,
        Collection.title == title, Collection.until == until, Collection.closed_at.is_(None),
    )  # fmt: skip
    return bool(db.session.scalar(select(exists().where(*same))))


def collection_by_id(kind: Kind, collection_id: int, *, lock: bool = False) -> Collection | None:
    """The collection of this kind, with the unit that asks."""
    statement = (
        select(Collection)
        .where(Collection.city_id == current_city(), Collection.kind == kind.name, Collection.id == collection_id)
        .options(joinedload(Collection.unit))
    )
    return db.session.scalar(statement.with_for_update(of=Collection) if lock else statement)


def latest(kind: Kind, roots: Set[int], *, limit: int = 50) -> list[tuple[Collection, int]]:
    """What units of these subtrees ask, the latest first, each with how many have answered."""
    answered = (
        select(func.count())
        .select_from(CollectionUnit)
        .join(CollectionUnit.answer)
        .where(CollectionUnit.collection_id == Collection.id, GIVEN)
        .correlate(Collection)
        .scalar_subquery()
    )
    rows = db.session.execute(
        select(Collection, answered)
        .join(Unit, Unit.id == Collection.unit_id)
        .where(Collection.city_id == current_city(), Collection.kind == kind.name, Unit.path.overlap(sorted(roots)))
        .options(joinedload(Collection.unit))
        .order_by(Collection.id.desc())
        .limit(limit)
    )
    return [(one, count) for one, count in rows] if roots else []


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a collection stands: how many asked, answered, accepted."""

    asked: int
    answered: int
    settled: int


def progress_of(collection: Collection) -> Progress:
    """How many units were asked, have answered, have their answer accepted."""
    answered, settled = db.session.execute(
        select(func.count(CollectionAnswer.given_at), func.count(CollectionAnswer.accepted_at))
        .join(CollectionAnswer.asked)
        .where(CollectionUnit.collection_id == collection.id)
    ).one()
    return Progress(collection.asked, answered, settled)


def units_of(collection: Collection, show: str, *, after: int = 0, limit: int = 50) -> tuple[list[CollectionUnit], int | None]:
    """A page of the units that are asked, in order of code, and the place to go on after."""
    found = list(
        db.session.scalars(
            select(CollectionUnit)
            .outerjoin(CollectionUnit.answer)
            .where(CollectionUnit.collection_id == collection.id, CollectionUnit.id > after, *SHOWN.get(show, ()))
            .options(joinedload(CollectionUnit.unit), contains_eager(CollectionUnit.answer))
            .order_by(CollectionUnit.id)
            .limit(limit + 1)
        )
    )
    more = found[limit - 1].id if len(found) > limit else None
    return found[:limit], more


def not_answered(collection: Collection, only: int | None = None) -> list[tuple[int, int, str]]:
    """The units that have not answered, all or one of them, in order of code: place, unit, its name."""
    which = [CollectionUnit.collection_id == collection.id, *SHOWN["open"]]
    if only is not None:
        which.append(CollectionUnit.id == only)
    rows = db.session.execute(
        select(CollectionUnit.id, Unit.id, Unit.name)
        .join(Unit, Unit.id == CollectionUnit.unit_id)
        .outerjoin(CollectionUnit.answer)
        .where(*which)
        .order_by(Unit.code)
    )
    return [(asked_id, unit_id, name) for asked_id, unit_id, name in rows]


def waiting(kind: Kind, units: Set[int], *, limit: int = 20) -> list[CollectionUnit]:
    """Where these units are asked and have not answered, the first to end first; what is closed waits for nobody."""
    return list(
        db.session.scalars(
            select(CollectionUnit)
            .join(CollectionUnit.collection)
            .outerjoin(CollectionUnit.answer)
            .where(Collection.kind == kind.name, CollectionUnit.unit_id.in_(units), Collection.closed_at.is_(None), *SHOWN["open"])
            .options(joinedload(CollectionUnit.unit), contains_eager(CollectionUnit.collection))
            .order_by(Collection.until, CollectionUnit.id)
            .limit(limit)
        )
    )


def asked_by_id(kind: Kind, asked_id: int, *, lock: bool = False) -> CollectionUnit | None:
    """A unit's place in a collection of this kind, with its answer. Locked first, then read: what somebody else was just
    answering is seen."""
    mine = (CollectionUnit.city_id == current_city(), CollectionUnit.id == asked_id)
    if lock:
        db.session.execute(select(CollectionUnit.id).where(*mine).with_for_update())
    return db.session.scalar(
        select(CollectionUnit)
        .join(CollectionUnit.collection)
        .where(*mine, Collection.kind == kind.name)
        .options(joinedload(CollectionUnit.unit), contains_eager(CollectionUnit.collection), joinedload(CollectionUnit.answer))
        .execution_options(populate_existing=lock)
    )
