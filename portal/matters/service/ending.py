"""Ending a matter before it is closed: withdrawn, or voided because it becomes a confidential one."""

from __future__ import annotations

from portal.kernel import clock
from portal.kernel.db import db
from portal.matters import notices
from portal.matters.service import voiding
from portal.matters.service.creation import create
from portal.matters.service.taking_away import take_away
from portal.matters.workflow import MatterDoing
from portal.workflow.verbs import Said


def withdraw(doing: MatterDoing[Said]) -> None:
    """撤销: the registering office ends it, with a reason, before it is closed."""
    matter, content = doing.record, doing.whole
    told = [*notices.lead_desk(matter), *([content.handler_id] if content.handler_id else [])]
    take_away(doing, ends=True)
    matter.closed_at = clock.now()
    db.session.flush()
    notices.notify(matter, content, doing, "withdrawn", told)


def make_confidential(doing: MatterDoing[Said]) -> None:
    """An open one is made confidential by voiding it and registering a new one with the same words, the `result`. Of the old
    one the number stays, without text: without the reason either."""
    again = voiding.as_confidential(doing.actor, doing.record, doing.whole)
    withdraw(doing)
    voiding.void(doing.record)
    doing.words, doing.further = None, [(kind, {"standing": None}) for kind, _what in doing.further]
    doing.result, _content = create(doing.actor, doing.standing, again)
