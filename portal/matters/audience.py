"""The audience of a confidential matter: persons, each admitted by an event and shut out by one.

Linked leader and handler stay; the registrar leaves when it is assigned; signers and reviewer read from when the chain
reaches them until it is closed or returned; the head who decides an extension reads for that request. After it is ended
the supervision head may grant a reading: to a person, with a reason, until a day; such a row carries its end beforehand.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select, update

from portal.access.models import Audience
from portal.kernel import clock
from portal.kernel.db import db

LEADER, REGISTRAR, HANDLER, SIGNER, REVIEWER, EXTENSION, GRANT = (
    "leader",
    "registrar",
    "handler",
    "signer",
    "reviewer",
    "extension",
    "grant",
)


def reading_now() -> ColumnElement[bool]:
    """Whoever may read at this moment: not shut out, and a granted time not over."""
    return or_(Audience.to_at.is_(None), Audience.to_at > clock.now())


def admit(matter_id: UUID, persons: Iterable[int], cause: str) -> None:
    """From now on these persons read the content, because of `cause`."""
    wanted = set(persons)
    if not wanted:
        return
    there = admitted(matter_id, cause)
    db.session.add_all(
        Audience(record_id=matter_id, person_id=person, cause=cause, from_at=clock.now()) for person in wanted - there
    )
    db.session.flush()


def shut_out(matter_id: UUID, *causes: str) -> None:
    """Whoever was admitted for one of these causes alone reads no longer, from this transaction on."""
    db.session.execute(
        update(Audience)
        .where(Audience.record_id == matter_id, Audience.cause.in_(causes), Audience.to_at.is_(None))
        .values(to_at=clock.now())
    )


def dismiss(matter_id: UUID, persons: Iterable[int], cause: str) -> None:
    """These persons read no longer because of `cause`, from this transaction on."""
    db.session.execute(
        update(Audience)
        .where(Audience.record_id == matter_id, Audience.cause == cause, Audience.to_at.is_(None))
        .where(Audience.person_id.in_(list(persons)))
        .values(to_at=clock.now())
    )


def admitted(matter_id: UUID, cause: str) -> set[int]:
    """Who reads now because of `cause`."""
    return set(
        db.session.scalars(
            select(Audience.person_id).where(Audience.record_id == matter_id, Audience.cause == cause, Audience.to_at.is_(None))
        )
    )


def replace(matter_id: UUID, persons: Iterable[int], cause: str) -> None:
    """Exactly these persons for this cause."""
    shut_out(matter_id, cause)
    admit(matter_id, persons, cause)
