"""Ending a matter before it is closed: withdrawn, or voided because it becomes a confidential one."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from uuid import UUID

from portal.access.actor import Actor
from portal.audit import journal
from portal.kernel import clock
from portal.kernel.db import db
from portal.matters import audience, notices
from portal.matters.book import BOOK
from portal.matters.models import Matter
from portal.matters.queries import one, whole_content
from portal.matters.service import voiding
from portal.matters.service.creation import create
from portal.matters.service.taking_away import take_away
from portal.workflow import engine


def withdraw(actor: Actor, matter_id: UUID, *, version: int | None = None, reason: str) -> Matter:
    """撤销: the registering office ends it, with a reason, before it is closed."""
    matter = one(actor, matter_id)
    _end(actor, matter, "withdraw", version, reason)
    return matter


def make_confidential(actor: Actor, matter_id: UUID, *, version: int | None = None, reason: str) -> Matter:
    """An open one is made confidential by voiding it and registering a new one with the same words: returned. Of the old
    one the number stays, without text."""
    matter = one(actor, matter_id)
    again = voiding.as_confidential(actor, matter, whole_content(matter))
    moved = _end(actor, matter, "make_confidential", version, reason, partial(voiding.void, matter))
    assert moved.standing is not None
    made, _content = create(actor, moved.standing, again)
    return made


def _end(actor: Actor, matter: Matter, event: str, version: int | None, reason: str, *after: Callable[[], object]) -> engine.Moved:
    content = whole_content(matter)
    told = [*notices.lead_desk(matter), *([content.handler_id] if content.handler_id else [])]

    def then() -> None:
        take_away(actor, matter, content, "withdraw")
        matter.closed_at = clock.now()
        if matter.confidential:
            audience.shut_out(matter.id, audience.REVIEWER, audience.REGISTRAR)
        db.session.flush()
        entry = journal.record(actor, f"{event}_done", "matter", matter.id, confidential=matter.confidential)
        notices.notify(matter, content, entry, "withdrawn", told)

    return engine.move(BOOK, actor, matter, event, version=version, content=content, reason=reason, then=[then, *after])
