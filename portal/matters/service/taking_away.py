"""A matter is taken from the unit that has it (改派, 退回交办, 撤销): what that unit had begun on it ends there.

Its running sign-off, its draft, and its request for more time are nobody's to go on with; they stay on record as ended. How
often its reports were returned is counted against no other unit: those returns stand in 办理经过.
"""

from __future__ import annotations

from sqlalchemy import select, update

from portal.access.actor import SYSTEM, Actor
from portal.access.visibility import as_seen_by
from portal.audit import journal
from portal.kernel import clock
from portal.kernel.db import db
from portal.matters import audience, notices
from portal.matters.book import write_entry
from portal.matters.models import Content, Extension, Matter
from portal.papers import signoff
from portal.papers.models import Paper


def take_away(actor: Actor, matter: Matter, content: Content, event: str) -> None:
    """End what was begun. Who had asked for more time is told, unless the matter ends for everybody."""
    signoff.end(matter.id)
    matter.step_now = None
    if event != "withdraw":
        matter.returns = 0
    db.session.execute(
        update(Paper)
        .where(Paper.record_id == matter.id, Paper.state.in_(("draft", "in_sign_off")))
        .values(state="ended")
        .options(as_seen_by(SYSTEM))
        .execution_options(synchronize_session="fetch")
    )
    if matter.confidential:
        audience.shut_out(matter.id, audience.SIGNER, audience.EXTENSION)
    if not matter.extension_pending:
        return
    matter.extension_pending = False
    request = db.session.scalars(
        select(Extension).where(Extension.record_id == matter.id, Extension.decided_at.is_(None)).options(as_seen_by(SYSTEM))
    ).one()
    request.decided_at, request.decided_by_id = clock.now(), actor.person_id
    write_entry(matter, "extension_ended", actor, None, facts={"ended": event})
    entry = journal.record(actor, "extension_ended", "matter", matter.id, confidential=matter.confidential)
    if event != "withdraw":
        notices.notify(matter, content, entry, "extension_ended", [request.asked_by_id], ended=event)
