"""The supervising office's review: four questions; close, or return with the failed ones and a reason. Of a confidential
matter one person reviews; where he left, the head of the office names another."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from portal.access.actor import SYSTEM, Actor
from portal.access.policy import allowed
from portal.access.roles import SUPERVISION
from portal.access.visibility import as_seen_by
from portal.audit import journal
from portal.kernel import clock
from portal.kernel.db import db
from portal.kernel.language import _
from portal.kernel.refusals import Forbidden, Invalid
from portal.matters import acts, audience, clocks, notices
from portal.matters.book import BOOK, write_entry
from portal.matters.models import Matter, State
from portal.matters.queries import one, whole_content
from portal.matters.readers import index_viewers
from portal.matters.rules import wrong_seat
from portal.network.queries import Holder, holders
from portal.papers.models import Paper
from portal.workflow import engine


def _issued_report(matter: Matter) -> Paper | None:
    return db.session.scalars(
        select(Paper)
        .where(Paper.record_id == matter.id, Paper.state == "issued")
        .order_by(Paper.draft.desc())
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
        BOOK,
        actor,
        matter,
        "close",
        version=version,
        content=content,
        words=words,
        facts={"in_time": matter.in_time},
        then=[then],
    )
    return matter


def return_for_rework(actor: Actor, matter_id: UUID, *, version: int | None = None, failed: tuple[str, ...], reason: str) -> Matter:
    """退回重办: names the failed questions and why; the clock runs on as if it had never stopped. Counted, unless it was
    issued by a seat that a correction has since made the wrong one."""
    matter = one(actor, matter_id)
    content = whole_content(matter)
    rightly_issued = wrong_seat(matter) is None

    def then() -> None:
        returned = _issued_report(matter)
        if returned:
            returned.state = "returned"
        if rightly_issued:
            matter.returns += 1
        matter.issued_at = None
        if matter.confidential:
            audience.shut_out(matter.id, audience.SIGNER, audience.REVIEWER)
        db.session.flush()
        clocks.run_on(matter)
        entry = journal.record(actor, "returned", "matter", matter.id, confidential=matter.confidential)
        told = [content.handler_id] if content.handler_id else []
        notices.notify(matter, content, entry, "returned", [*told, *notices.lead_desk(matter)])

    engine.move(
        BOOK,
        actor,
        matter,
        "return_for_rework",
        version=version,
        content=content,
        failed=failed,
        reason=reason,
        entry_facts={"failed": list(failed)},
        facts={"failed": list(failed)},
        then=[then],
    )
    return matter


def reviewers_of(matter: Matter) -> list[Holder]:
    """Who may be named: the supervisors and heads of the office that assigned it."""
    return [holder for role in SUPERVISION for holder in holders(matter.supervising_unit_id, role)]


def name_reviewer(actor: Actor, matter_id: UUID, *, version: int | None = None, reviewer_post_id: int | None) -> Matter:
    """指定审核人: the head of the office names who reviews a confidential matter. He reads it once it is issued; whoever
    was named before reads no longer."""
    matter = one(actor, matter_id)
    engine.fresh(BOOK, actor, matter, version)
    decision = allowed(actor, acts.NAME_REVIEWER, matter)
    if not decision:
        raise Forbidden(_("您不能指定审核人：%(why)s", why="；".join(decision.unmet)), unmet=decision.unmet)
    if not matter.open or matter.state == State.REGISTERED:
        raise Invalid(_("此件现为“%(state)s”，不用指定审核人", state=matter.state.label))
    named = next((one for one in reviewers_of(matter) if one.post_id == reviewer_post_id), None)
    if named is None:
        raise Invalid(_("没有指定审核人"), fields={"handler": _("请选择本督查室现任的督查员或主任")})
    engine.take_turn(BOOK, actor, matter)
    content = whole_content(matter)
    content.reviewer_id = named.person_id
    audience.shut_out(matter.id, audience.REVIEWER)
    if matter.state == State.UNDER_REVIEW:
        audience.admit(matter.id, [named.person_id], audience.REVIEWER)
    write_entry(matter, "name_reviewer", actor, decision.standing, facts={"handler": named.name})
    entry = journal.record(actor, "name_reviewer", "matter", matter.id, standing=decision.standing, confidential=True)
    if matter.state == State.UNDER_REVIEW:
        notices.notify(matter, content, entry, "issued_to_review", [named.person_id])
    index_viewers(matter, content)
    return matter
