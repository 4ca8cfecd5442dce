"""The handler's work: acknowledge, progress, extension; and what others add meanwhile: urging, a further instruction."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import select

from portal.access.actor import Actor
from portal.access.policy import allowed
from portal.access.visibility import as_seen_by
from portal.audit import journal
from portal.deadlines import reckon
from portal.identity.pace import MOST_URGES, keep_pace
from portal.kernel import clock
from portal.kernel.db import db
from portal.kernel.language import _
from portal.kernel.refusals import Forbidden, Invalid, Invisible
from portal.matters import acts, audience, clocks, notices, office
from portal.matters.book import BOOK, write_entry
from portal.matters.models import ENDED, Extension, Matter, State
from portal.matters.queries import one, whole_content
from portal.matters.readers import index_viewers
from portal.matters.service import renewing
from portal.workflow import engine

MAY_ASK = (State.ASSIGNED, State.ACKNOWLEDGED, State.IN_PROGRESS, State.IN_SIGN_OFF, State.UNDER_REVIEW)
"""When more time may be asked for: under review too, since a report that is returned finds the clock run on."""


def acknowledge(actor: Actor, matter_id: UUID, *, version: int | None = None) -> Matter:
    """签收: the handler confirms receipt."""
    matter = one(actor, matter_id)
    content = whole_content(matter)

    def then() -> None:
        matter.acknowledged_at = clock.now()

    moved = engine.move(BOOK, actor, matter, "acknowledge", version=version, content=content, then=[then])
    from_whom = office.who_assigned(matter) if matter.confidential else [matter.assigned_by_id]
    notices.notify(matter, content, moved.entry, "acknowledged", [one for one in from_whom if one])
    return matter


def progress(actor: Actor, matter_id: UUID, *, version: int | None = None, words: str, first_feedback: bool = False) -> Matter:
    """进展: a dated entry on what was done; one marked as first feedback stops that clock."""
    matter = one(actor, matter_id)
    content = whole_content(matter)
    engine.fresh(BOOK, actor, matter, version)
    if not words:
        raise Invalid(_("请填写办理进展"), fields={"words": _("请填写办理进展")})
    if matter.state == State.ACKNOWLEDGED:
        engine.move(BOOK, actor, matter, "start", content=content)

    def then() -> None:
        if first_feedback:
            clocks.stop(matter, clocks.FIRST_FEEDBACK)

    engine.move(
        BOOK,
        actor,
        matter,
        "progress",
        content=content,
        words=words,
        first_feedback=first_feedback,
        facts={"first_feedback": first_feedback},
        then=[then],
    )
    return matter


def co_progress(actor: Actor, matter_id: UUID, *, version: int | None = None, words: str) -> Matter:
    """A co-unit writes what it has done for the lead unit."""
    matter = one(actor, matter_id)
    decision = allowed(actor, acts.CO_PROGRESS, matter)
    if not decision:
        raise Forbidden(_("须由协办单位办理"), unmet=decision.unmet)
    if not matter.open:
        raise Invalid(_("此件现为“%(state)s”，不能再写协办情况", state=matter.state.label))
    if not words:
        raise Invalid(_("请填写协办情况"), fields={"words": _("请填写协办情况")})
    engine.take_turn(BOOK, actor, matter, version)
    content = whole_content(matter)
    write_entry(matter, "co_progress", actor, decision.standing, words=words)
    entry = journal.record(actor, "co_progress", "matter", matter.id, standing=decision.standing)
    notices.notify(matter, content, entry, "co_progress", [content.handler_id] if content.handler_id else [])
    return matter


def urge(actor: Actor, matter_id: UUID, *, version: int | None = None, words: str | None) -> Matter:
    """催办: counted. For a confidential matter the text is fixed and goes to the handler, whoever he is."""
    matter = one(actor, matter_id)
    decision = allowed(actor, acts.URGE, matter)
    if not decision:
        raise Forbidden(_("您不能催办此件：%(why)s", why="；".join(decision.unmet)), unmet=decision.unmet)
    if matter.state in (State.REGISTERED, State.UNDER_REVIEW, *ENDED):
        raise Invalid(_("此件现为“%(state)s”，不在主办单位手中，无须催办", state=matter.state.label))
    if not matter.confidential and not words:
        raise Invalid(_("请填写催办内容"), fields={"words": _("请填写催办内容")})
    keep_pace(actor.person_id, f"urge:{matter.id}", MOST_URGES)
    engine.take_turn(BOOK, actor, matter, version)
    content = whole_content(matter)
    matter.urges += 1
    said = None if matter.confidential else words
    write_entry(matter, "urge", actor, decision.standing, words=said)
    entry = journal.record(
        actor,
        "urge",
        "matter",
        matter.id,
        standing=decision.standing,
        confidential=matter.confidential,
        after={"urges": matter.urges},
    )
    told = [content.handler_id] if content.handler_id else notices.lead_desk(matter)
    waiting = [h.person_id for h in matter.step_now.people] if matter.step_now is not None else []
    notices.notify(matter, content, entry, "urged", [*told, *waiting], say=said)
    db.session.flush()
    return matter


def instruct_again(actor: Actor, matter_id: UUID, *, version: int | None = None, words: str) -> Matter:
    """再次批示: a leader above writes a further instruction; the registering office makes it a new round."""
    matter = one(actor, matter_id)
    decision = allowed(actor, acts.INSTRUCT_AGAIN, matter)
    if not decision:
        raise Forbidden(_("您不能对此件再次批示：%(why)s", why="；".join(decision.unmet)), unmet=decision.unmet)
    if not words:
        raise Invalid(_("请填写批示内容"), fields={"words": _("请填写批示内容")})
    engine.take_turn(BOOK, actor, matter, version)
    content = whole_content(matter)
    write_entry(matter, "instruct_again", actor, decision.standing, words=words)
    entry = journal.record(
        actor, "instruct_again", "matter", matter.id, standing=decision.standing, confidential=matter.confidential
    )
    notices.notify(matter, content, entry, "instruct_again", notices.supervisors(matter))
    return matter


def ask_extension(
    actor: Actor, matter_id: UUID, *, version: int | None = None, until: date | None, reason: str, progress_so_far: str
) -> Extension:
    """申请延期: in writing, before the deadline, with reason and progress."""
    matter = one(actor, matter_id)
    engine.fresh(BOOK, actor, matter, version)
    decision = allowed(actor, acts.ASK_EXTENSION, matter)
    if not decision:
        raise Forbidden(_("您不能申请延期：%(why)s", why="；".join(decision.unmet)), unmet=decision.unmet)
    if matter.state not in MAY_ASK:
        raise Invalid(_("此件现为“%(state)s”，不能申请延期", state=matter.state.label))
    if matter.extension_pending:
        raise Invalid(_("上一次延期申请还没有批复，请等批复后再申请"))
    closing = clocks.clock_of(matter, clocks.CLOSING)
    assert closing is not None
    if clock.now() >= closing.due_at:
        raise Invalid(_("延期须在期限届满前申请，本件已经超期"))
    fields = {}
    if until is None:
        fields["due_on"] = _("请填写要延到哪一天")
    if not reason:
        fields["reason"] = _("请填写延期理由")
    if not progress_so_far:
        fields["progress"] = _("请填写目前进展")
    if fields:
        raise Invalid(_("延期申请还没有填完"), fields=fields)
    assert until is not None
    reckon.extended(clocks.deadline_of(closing), closing.original_due_on, until, "", clock.today(), clocks.parent_due(matter))
    engine.take_turn(BOOK, actor, matter)
    content = whole_content(matter)
    request = Extension(
        record_id=matter.id,
        confidential=matter.confidential,
        asked_at=clock.now(),
        asked_by_id=actor.person_id,
        until=until,
        reason=reason,
        progress=progress_so_far,
    )
    db.session.add(request)
    content.mark("extension")
    matter.extension_pending = True
    write_entry(matter, "ask_extension", actor, decision.standing, words=reason, facts={"until": until.isoformat()})
    entry = journal.record(
        actor,
        "ask_extension",
        "matter",
        matter.id,
        standing=decision.standing,
        confidential=matter.confidential,
        after={"until": until.isoformat()},
    )
    heads = notices.heads(matter)
    if matter.confidential:
        audience.admit(matter.id, heads, audience.EXTENSION)
    notices.notify(matter, content, entry, "extension_asked", heads, until=until.isoformat())
    index_viewers(matter, content)
    return request


def decide_extension(
    actor: Actor,
    matter_id: UUID,
    *,
    version: int | None = None,
    granted: bool,
    until: date | None = None,
    words: str | None = None,
) -> Extension:
    """The supervision head of the unit that assigned grants (to the day asked or an earlier one) or refuses. Refused, it
    is overdue from the original deadline."""
    matter = one(actor, matter_id)
    engine.fresh(BOOK, actor, matter, version)
    decision = allowed(actor, acts.DECIDE_EXTENSION, matter)
    if not decision:
        raise Forbidden(_("您不能批复延期：%(why)s", why="；".join(decision.unmet)), unmet=decision.unmet)
    assert decision.standing is not None
    engine.take_turn(BOOK, actor, matter)
    request = db.session.scalars(
        select(Extension).where(Extension.record_id == matter.id, Extension.decided_at.is_(None)).options(as_seen_by(actor))
    ).first()
    if request is None or not matter.extension_pending:  # what was asked of a matter that has ended waits for nobody
        raise Invisible if matter.content is None else Invalid(_("没有待批复的延期申请"))
    if not granted and not words:
        raise Invalid(_("不予延期须写明理由"), fields={"reason": _("请填写理由")})
    content = whole_content(matter)
    closing = clocks.clock_of(matter, clocks.CLOSING)
    assert closing is not None
    day = until or request.until
    if granted:
        if day > request.until:
            raise Invalid(_("批准的日期不得晚于申请的日期"), fields={"due_on": _("不得晚于申请的日期")})
        title = decision.standing.title
        reckon.extended(clocks.deadline_of(closing), closing.original_due_on, day, title, clock.today(), clocks.parent_due(matter))
        request.granted_until, request.granted_as = day, title
    request.decided_at, request.decided_by_id, request.granted = clock.now(), actor.person_id, granted
    request.decision = words
    matter.extension_pending = False
    if granted:
        clocks.renew(matter)
    kind = "extension_granted" if granted else "extension_refused"
    write_entry(matter, kind, actor, decision.standing, words=words, facts={"until": day.isoformat()} if granted else None)
    entry = journal.record(
        actor,
        kind,
        "matter",
        matter.id,
        standing=decision.standing,
        confidential=matter.confidential,
        after={"due_on": matter.due_on.isoformat()},
    )
    if matter.confidential:
        audience.shut_out(matter.id, audience.EXTENSION)
    asker = content.handler_id if matter.confidential else request.asked_by_id  # who handles it now, whoever asked
    notices.notify(matter, content, entry, "extension_decided", [asker] if asker else [], granted=granted, until=day.isoformat())
    renewing.below(actor, decision.standing, matter, content)
    index_viewers(matter, content)
    return request
