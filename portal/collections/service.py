"""Asking many units by a day: open, told, urged, reminded, closed; an answer given, sent back, accepted. Who may, what an
answer says and what the journal calls it is the feature's that asks.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import ColumnElement, insert, literal, select

from portal.collections.models import Collection, CollectionAnswer, CollectionUnit
from portal.collections.queries import not_answered
from portal.collections.rules import Kind
from portal.identity.pace import MOST_URGES, keep_pace
from portal.kernel import clock
from portal.kernel.db import current_city, db
from portal.network.models import Unit
from portal.notify.service import tell_each


def ask(
    kind: Kind,
    chosen: Sequence[ColumnElement[bool]],
    *,
    person_id: int,
    unit_id: int,
    title: str,
    words: str | None,
    until: date,
    asked: int,
) -> Collection:
    """Ask the units that these conditions choose, `asked` in number, and tell them. Near its end it reminds nobody."""
    now = clock.now()
    made = Collection(
        kind=kind.name, unit_id=unit_id, title=title, words=words, until=until, asked=asked, opened_by_id=person_id,
        opened_at=now, reminded_at=now if until - kind.reminded_before <= clock.today() else None,
    )  # fmt: skip
    db.session.add(made)
    db.session.flush()
    db.session.execute(
        insert(CollectionUnit).from_select(
            ["collection_id", "unit_id"], select(literal(made.id), Unit.id).where(*chosen).order_by(Unit.code)
        )
    )
    _tell(kind, made, kind.asked, _key(kind, made))
    return made


def _key(kind: Kind, collection: Collection) -> str:
    return f"{kind.name}:{collection.id}"


def _tell(kind: Kind, collection: Collection, message: str, key: str, only: int | None = None) -> int:
    rows = not_answered(collection, only)
    people = kind.answering([unit_id for _id, unit_id, _name in rows])
    notices = [
        (person_id, f"{key}:{asked_id}", {"unit": name, "until": collection.until, "about": asked_id})
        for asked_id, unit_id, name in rows
        for person_id in people[unit_id]
    ]
    return len(tell_each(message, notices))


def not_reached(kind: Kind, collection: Collection, only: int | None = None) -> list[str]:
    """The units that have not answered and in which nobody is told, by name."""
    rows = not_answered(collection, only)
    people = kind.answering([unit_id for _id, unit_id, _name in rows])
    return [name for _id, unit_id, name in rows if not people[unit_id]]


def urge(kind: Kind, collection: Collection, person_id: int, only: int | None = None) -> int:
    """催报: tell again whoever has not answered, all or one; counted. How many persons were told."""
    keep_pace(person_id, f"urge_{kind.name}:{collection.id}:{only or 'all'}", MOST_URGES)
    collection.urges += 1
    return _tell(kind, collection, kind.urged, f"{_key(kind, collection)}:urge:{collection.urges}", only)


def close(collection: Collection) -> bool:
    """Nobody is reminded any more. Whether it was open until now."""
    if collection.closed_at is not None:
        return False
    collection.closed_at = clock.now()
    return True


def remind(kind: Kind) -> None:
    """Once, when the end is near: the units that have not answered."""
    for one in db.session.scalars(
        select(Collection)
        .where(
            Collection.city_id == current_city(), Collection.kind == kind.name, Collection.closed_at.is_(None),
            Collection.reminded_at.is_(None), Collection.until <= clock.today() + kind.reminded_before,
        )
        .with_for_update(skip_locked=True)
    ).all():  # fmt: skip
        one.reminded_at = clock.now()
        _tell(kind, one, kind.urged, f"{_key(kind, one)}:before")


def give(asked: CollectionUnit, person_id: int) -> CollectionAnswer:
    """The unit answers, or answers anew."""
    if asked.answer is None:
        asked.answer = CollectionAnswer()
    answer = asked.answer
    answer.given_at, answer.given_by_id, answer.returned = clock.now(), person_id, None
    return answer


def send_back(answer: CollectionAnswer, reason: str) -> None:
    """The unit is asked again, with a reason."""
    answer.given_at, answer.returned = None, reason


def accept(answer: CollectionAnswer) -> None:
    """What was asked for is there."""
    answer.accepted_at = clock.now()
