"""关联 between two records, whatever kinds they are of: made by the feature that connects them, read from either end."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import case, or_, select
from sqlalchemy.dialects.postgresql import insert

from portal.access.actor import Actor
from portal.access.record import Link, Record, Relation
from portal.access.visibility import as_seen_by
from portal.kernel import clock
from portal.kernel.db import db


@dataclass(frozen=True, slots=True)
class Linked:
    """The record at the other end. `forward`: it is the one that the relation leads to."""

    record_id: UUID
    kind: str
    number: str | None
    relation: Relation
    forward: bool


def connect(from_id: UUID, to_id: UUID, relation: Relation, by: Actor | None) -> None:
    """The first record is this to the second from now on; what is connected so already stays as it was. Nobody is `by` where
    the portal itself connects them. Whether they may is judged by the act that connects them."""
    made = {"from_record_id": from_id, "to_record_id": to_id, "relation": relation}
    by_whom = {"made_at": clock.now(), "by_id": by.person_id if by else None}
    db.session.execute(insert(Link).values(made | by_whom).on_conflict_do_nothing())


def links_of(actor: Actor, record_id: UUID) -> list[Linked]:
    """The records that this one is linked with, the oldest link first, as far as the actor sees them; none where this one is
    hidden from them."""
    forward = Link.from_record_id == record_id
    rows = db.session.execute(
        select(Record.id, Record.kind, Record.number, Link.relation, forward)
        .join(Link, Record.id == case((forward, Link.to_record_id), else_=Link.from_record_id))
        .where(or_(forward, Link.to_record_id == record_id))
        .order_by(Link.made_at, Record.number, Link.relation)
        .options(as_seen_by(actor))
    )
    return [Linked(*row) for row in rows]
