"""The proposals of the officers: which wait, and what became of the others."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import joinedload

from portal.access.actor import Actor
from portal.kernel import clock
from portal.kernel.db import current_city, db
from portal.officers.models import SensitiveAct
from portal.officers.rules import Kind

MOST_DONE = 50


def _acts() -> Select[SensitiveAct]:
    return (
        select(SensitiveAct)
        .where(SensitiveAct.city_id == current_city())
        .options(
            joinedload(SensitiveAct.person),
            joinedload(SensitiveAct.proposed_by),
            joinedload(SensitiveAct.decided_by),
            joinedload(SensitiveAct.outside_by),
        )
    )


def act_by_id(act_id: UUID, *, lock: bool = False) -> SensitiveAct | None:
    """One proposal; with `lock`, nobody else decides it meanwhile."""
    found = _acts().where(SensitiveAct.id == act_id)
    return db.session.scalar(found.with_for_update(of=SensitiveAct) if lock else found)


def acts_waiting(person_id: int | None = None) -> list[SensitiveAct]:
    """The proposals that wait, the oldest first; all, or those about one person."""
    found = _acts().where(SensitiveAct.outcome.is_(None), SensitiveAct.expires_at > clock.now())
    if person_id is not None:
        found = found.where(SensitiveAct.person_id == person_id)
    return list(db.session.scalars(found.order_by(SensitiveAct.proposed_at, SensitiveAct.id)))


def acts_done(most: int = MOST_DONE) -> list[SensitiveAct]:
    """The latest proposals that were decided, withdrawn or lapsed, newest first."""
    over = or_(SensitiveAct.outcome.is_not(None), SensitiveAct.expires_at <= clock.now())
    return list(db.session.scalars(_acts().where(over).order_by(SensitiveAct.proposed_at.desc()).limit(most)))


def reset_by(person_id: int) -> frozenset[int]:
    """Who has reset this person's password, by proposing or by agreeing, since he was last confirmed."""
    done = (SensitiveAct.city_id == current_city(), SensitiveAct.person_id == person_id, SensitiveAct.outcome == "carried_out")
    confirmed = select(func.max(SensitiveAct.ended_at)).where(*done, SensitiveAct.kind == Kind.CONFIRM_PERSON).scalar_subquery()
    rows = db.session.execute(
        select(SensitiveAct.proposed_by_id, SensitiveAct.decided_by_id).where(
            *done,
            SensitiveAct.kind == Kind.RESET_PASSWORD,
            or_(confirmed.is_(None), SensitiveAct.ended_at > confirmed),
        )
    )
    return frozenset(one for row in rows for one in row if one)


def count_waiting(_actor: Actor) -> int | None:
    """How many proposals wait, where some do; the navigation says so."""
    waiting = (
        select(func.count())
        .select_from(SensitiveAct)
        .where(SensitiveAct.city_id == current_city(), SensitiveAct.outcome.is_(None), SensitiveAct.expires_at > clock.now())
    )
    return db.session.scalar(waiting) or None
