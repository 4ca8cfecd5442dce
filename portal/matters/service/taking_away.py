"""A matter is taken from the unit that has it (改派, 退回交办, 撤销): what that unit had begun on it ends there.

Its running sign-off, its draft, and its request for more time are nobody's to go on with; they stay on record as ended. How
often its reports were returned is counted against no other unit: those returns stand in 办理经过.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, update

from portal.access.actor import SYSTEM
from portal.access.visibility import as_seen_by
from portal.kernel import clock
from portal.kernel.db import db
from portal.matters import audience, notices
from portal.matters.models import Extension
from portal.matters.workflow import MatterDoing
from portal.papers import signoff
from portal.papers.models import Paper


def take_away(doing: MatterDoing[Any], *, ends: bool = False) -> None:
    """End what was begun. Who had asked for more time is told, unless the matter `ends` for everybody."""
    matter = doing.record
    signoff.end(matter.id)
    matter.step_now = None
    if not ends:
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
    request.decided_at, request.decided_by_id = clock.now(), doing.person_id
    by = "withdraw" if ends else doing.called
    doing.further.append(("extension_ended", {"standing": None, "facts": {"ended": by}}))
    if not ends:
        notices.notify(matter, doing.whole, doing, "extension_ended", [request.asked_by_id], ended=by)
