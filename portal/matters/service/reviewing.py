"""The supervising office's review: four questions; close, or return with the failed ones and a reason."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from portal.access.actor import SYSTEM, Actor
from portal.access.visibility import as_seen_by
from portal.audit import journal
from portal.kernel import clock
from portal.kernel.db import db
from portal.matters import audience, clocks, notices
from portal.matters.book import BOOK
from portal.matters.models import Matter, Report
from portal.matters.queries import one, whole_content
from portal.workflow import engine


def _issued_report(matter: Matter) -> Report | None:
    return db.session.scalars(
        select(Report)
        .where(Report.matter_id == matter.id, Report.state == "issued")
        .order_by(Report.draft.desc())
        .options(as_seen_by(SYSTEM))
    ).first()


def close(actor: Actor, matter_id: UUID, *, version: int | None = None, words: str | None = None) -> Matter:
    """办结: accepted. In time is what was issued before the deadline and is accepted in that round or a later one that
    was also in time."""
    matter = one(actor, matter_id)
    content = whole_content(matter)

    def then() -> None:
        accepted = _issued_report(matter)
        if accepted:
            accepted.state = "accepted"
        matter.closed_at = clock.now()
        if matter.confidential:
            audience.shut_out(matter.id, audience.SIGNER, audience.REVIEWER, audience.EXTENSION, audience.REGISTRAR)
        db.session.flush()
        entry = journal.record(actor, "closed", "matter", matter.id, confidential=matter.confidential)
        told = [content.handler_id] if content.handler_id else []
        notices.notify(matter, content, entry, "closed", [*told, *notices.lead_desk(matter)])

    engine.move(
        BOOK, actor, matter, "close", version=version, content=content, words=words,
        facts={"in_time": matter.in_time}, then=[then],
    )
    return matter


def return_for_rework(
    actor: Actor, matter_id: UUID, *, version: int | None = None, failed: tuple[str, ...], reason: str
) -> Matter:
    """退回重办: names the failed questions and why; counted; the clock runs on as if it had never stopped."""
    matter = one(actor, matter_id)
    content = whole_content(matter)

    def then() -> None:
        returned = _issued_report(matter)
        if returned:
            returned.state = "returned"
        matter.returns += 1
        matter.issued_at = None
        matter.in_time = None
        if matter.confidential:
            audience.shut_out(matter.id, audience.SIGNER, audience.REVIEWER)
        db.session.flush()
        clocks.run_on(matter)
        entry = journal.record(actor, "returned", "matter", matter.id, confidential=matter.confidential)
        told = [content.handler_id] if content.handler_id else []
        notices.notify(matter, content, entry, "returned", [*told, *notices.lead_desk(matter)])

    engine.move(
        BOOK, actor, matter, "return_for_rework", version=version, content=content, failed=failed, reason=reason,
        entry_facts={"failed": list(failed)}, facts={"failed": list(failed)}, then=[then],
    )
    return matter
