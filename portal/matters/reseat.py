"""Seats that change hands while something waits there: part of every sweep, and of the act that ends a delegation.

Who may sign a waiting step, or decide a request for more time, is whoever holds the seat or stands in for it now. When
somebody leaves, or his standing in ends, he reads no longer what he read for that alone; the successor is admitted and
asked. A seat that falls vacant is reported, and the chain goes on with the successor. Who registers or reviews a
confidential matter leaves it likewise, and the head is asked.
"""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select

from portal.access.actor import SYSTEM, Actor, System
from portal.access.models import Audience
from portal.access.roles import SUPERVISION
from portal.access.visibility import as_seen_by
from portal.audit import journal
from portal.kernel.db import db
from portal.matters import audience, notices, office
from portal.matters.models import ENDED, Content, Extension, Matter
from portal.matters.papers import OnMatter
from portal.matters.queries import whole_content
from portal.matters.readers import index_viewers
from portal.network.queries import recipients_of
from portal.papers import signoff
from portal.papers.steps import seats_changed, step_now
from portal.registry.acts import Lent


def refresh_waiting_steps() -> int:
    """Every chain goes on with whoever holds the seat where it waits; at how many something had changed."""
    return sum(_go_on(matter_id) for matter_id in seats_changed())


def refresh_deciders() -> int:
    """Requests for more time on confidential matters are read and decided by the present heads; how many changed hands."""
    matters = db.session.scalars(
        select(Matter)
        .where(Matter.extension_pending, Matter.confidential)
        .with_for_update(of=Matter, skip_locked=True)
        .options(as_seen_by(SYSTEM))
        .execution_options(populate_existing=True)
    ).all()
    return sum(_hand_over(matter) for matter in matters)


def refresh_offices() -> int:
    """Of confidential matters that wait for their office, whoever registers or reviews them still has that part; of how
    many somebody had not. One statement where nothing waits so, three where nothing has changed."""
    rows = db.session.execute(
        select(Audience.record_id, Audience.person_id, Matter.supervising_unit_id)
        .join(Matter, Matter.id == Audience.record_id)
        .where(Audience.cause.in_(office.PARTS), Audience.to_at.is_(None), Matter.state.not_in(ENDED))
        .options(as_seen_by(SYSTEM))
    ).all()
    if not rows:
        return 0
    there = recipients_of({row.supervising_unit_id for row in rows}, SUPERVISION, confidential=True, kind=Lent.SUPERVISE)
    gone = [row.record_id for row in rows if row.person_id not in there[row.supervising_unit_id]]
    matters = (_held(matter_id) for matter_id in dict.fromkeys(gone))
    return sum(office.let_go(matter, whole_content(matter)) for matter in matters if matter is not None)


def lent_no_longer(persons: Collection[int]) -> None:
    """These persons stand in for somebody no longer: what they read of confidential matters for that alone ends in this
    transaction. Registered with the network, which knows no matter."""
    if not persons:
        return
    read = select(Audience.record_id).where(Audience.person_id.in_(persons), audience.reading_now())
    found = (
        select(Matter)
        .where(Matter.id.in_(read), Matter.state.not_in(ENDED))
        .order_by(Matter.id)
        .with_for_update(of=Matter)
        .options(as_seen_by(SYSTEM))
    )
    db.session.flush()
    if db.session.scalars(found).all():  # whoever is at one of them at this moment is waited for
        refresh_all()


def refresh_all() -> None:
    """Everything that waits in a seat or in an office goes on with whoever sits there now."""
    refresh_waiting_steps()
    refresh_deciders()
    refresh_offices()


def _held(matter_id: UUID) -> Matter | None:
    """The matter, locked; None where somebody is at it at this moment: the next sweep looks again."""
    return db.session.scalars(
        select(Matter)
        .where(Matter.id == matter_id)
        .with_for_update(of=Matter, skip_locked=True)
        .options(as_seen_by(SYSTEM))
        .execution_options(populate_existing=True)
    ).first()


def _go_on(matter_id: UUID) -> bool:
    matter = _held(matter_id)
    if matter is None or step_now(matter_id) is None:
        return False
    reseat(SYSTEM, matter, whole_content(matter))
    return True


def reseat(actor: Actor | System, matter: Matter, content: Content) -> list[int]:
    """The waiting step goes on with whoever may sign it now (`papers.signoff.reseat`), and is shown to them. Who may sign, the
    nearest first."""
    now = step_now(matter.id)
    if now is None:
        return []
    signoff.reseat(actor, OnMatter(matter, content), now)
    matter.step_now = now
    index_viewers(matter, content)
    return [holder.person_id for holder in now.people]


def _hand_over(matter: Matter) -> bool:
    before, heads = audience.admitted(matter.id, audience.EXTENSION), notices.heads(matter)
    if before == set(heads):
        return False
    audience.dismiss(matter.id, before - set(heads), audience.EXTENSION)
    audience.admit(matter.id, heads, audience.EXTENSION)
    request = db.session.scalars(
        select(Extension).where(Extension.record_id == matter.id, Extension.decided_at.is_(None)).options(as_seen_by(SYSTEM))
    ).one()
    content = whole_content(matter)
    entry = journal.record(SYSTEM, "decider_changed", "matter", matter.id, confidential=True)
    come = [head for head in heads if head not in before]
    notices.notify(matter, content, entry, "extension_asked", come, until=request.until.isoformat())
    index_viewers(matter, content)
    return True
