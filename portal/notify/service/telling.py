"""Telling people: a message is a row, written in the transaction that made it necessary, once for each person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Protocol, cast
from uuid import UUID, uuid4

from sqlalchemy import CursorResult, func, select, update
from sqlalchemy.dialects.postgresql import insert

from portal.access.actor import Actor
from portal.deadlines.queries import calendar_of
from portal.kernel import clock
from portal.kernel.db import current_city, db
from portal.kernel.refusals import Invisible
from portal.notify import channels
from portal.notify.kinds import kept
from portal.notify.models import Delivery, Message
from portal.notify.queries import Reach, reach_of
from portal.notify.rules import Way, goes_out
from portal.notify.wakeup import ring_after_commit

_AT_ONCE = 1000  # messages of one statement


class Occasion(Protocol):
    """What makes people be told: an act that is being done, or its entry in the journal."""

    @property
    def key(self) -> str: ...

    @property
    def person_id(self) -> int | None: ...


def tell(
    kind: str,
    persons: Iterable[int],
    *,
    key: str,
    record_id: UUID | None = None,
    facts: Mapping[str, Any],
    at: datetime | None = None,
) -> list[Message]:
    """Tell each of these persons once; what he was told under this key before is not told again.

    `facts` fill the blanks of the kind's sentence; about a matter they must say whether it is `confidential`, and then only
    the number is kept. Returns the messages that are new. Raises KeyError for an unknown kind.
    """
    if record_id is not None and "confidential" not in facts:
        raise TypeError("about a matter, the facts say whether it is confidential")
    known, moment = kept(kind, facts), at or clock.now()
    return _write([_row(kind, one, f"{key}:{one}", known, moment, record_id) for one in dict.fromkeys(persons)])


def tell_each(kind: str, notices: Iterable[tuple[int, str, Mapping[str, Any]]]) -> list[Message]:
    """Tell many persons the same kind of thing, each under a key and with facts of his own; about no matter. Whoever was
    told under the key before is not told again. Returns the messages that are new."""
    moment = clock.now()
    rows = [_row(kind, one, f"{key}:{one}", kept(kind, facts), moment) for one, key, facts in notices]
    return [message for start in range(0, len(rows), _AT_ONCE) for message in _write(rows[start : start + _AT_ONCE])]


def _row(kind: str, person_id: int, key: str, facts: dict[str, Any], at: datetime, record_id: UUID | None = None) -> dict[str, Any]:
    return {
        "id": uuid4(), "key": key, "person_id": person_id, "record_id": record_id, "kind": kind, "facts": facts, "at": at,
    }  # fmt: skip


def _write(rows: list[dict[str, Any]]) -> list[Message]:
    if not rows:
        return []
    statement = insert(Message).values(rows).on_conflict_do_nothing(index_elements=["city_id", "key"])
    told = list(db.session.scalars(statement.returning(Message)))
    _deliver_too(told)
    return told


def _deliver_too(told: list[Message]) -> None:
    # Nothing older than now is delivered while a demonstration is played.
    if not told or not channels.enabled() or clock.is_set():
        return
    reached = reach_of({message.person_id for message in told})
    rows = [
        row
        for message in told
        if message.person_id in reached
        for channel in channels.enabled()
        if (row := _delivery(message, reached[message.person_id], channel)) is not None
    ]
    if rows:
        db.session.execute(insert(Delivery).values(rows))
        ring_after_commit()


def _delivery(message: Message, reach: Reach, channel: str) -> dict[str, Any] | None:
    if channel not in reach.addresses:
        return None
    way, due_at = goes_out(
        message.kind, channel, reach.wishes,
        on_duty=reach.on_duty, now=clock.now(), calendar=calendar_of(db.session()),
    )  # fmt: skip
    if way is Way.OFF:
        return None
    return {
        "message_id": message.id,
        "person_id": message.person_id,
        "channel": channel,
        "state": "for_digest" if way is Way.DIGEST else "waiting",
        "due_at": due_at,
        "token": 0,
        "attempts": 0,
    }


def open_message(actor: Actor, message_id: UUID) -> Message:
    """The person's own message, read from now on; raises Invisible for anybody else's."""
    message = db.session.scalar(
        select(Message).where(Message.id == message_id, Message.city_id == current_city(), Message.person_id == actor.person_id)
    )
    if message is None:
        raise Invisible
    if message.read_at is None:
        message.read_at = clock.now()
    return message


def forget_words(record_id: UUID) -> None:
    """Of a void number its messages keep the number alone."""
    db.session.execute(
        update(Message)
        .where(Message.city_id == current_city(), Message.record_id == record_id)
        .values(facts=func.jsonb_build_object("number", Message.facts["number"]))
        .execution_options(synchronize_session=False)
    )


def read_all(actor: Actor) -> int:
    """All of the person's messages are read from now on; how many were not."""
    done = db.session.execute(
        update(Message)
        .where(Message.city_id == current_city(), Message.person_id == actor.person_id, Message.read_at.is_(None))
        .values(read_at=clock.now())
        .execution_options(synchronize_session=False)
    )
    return cast("CursorResult[Any]", done).rowcount
