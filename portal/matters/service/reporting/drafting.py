"""The draft of a closing report: begun by the handler, saved as he writes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select

from portal.access.actor import Actor, Standing
from portal.access.policy import allowed
from portal.access.visibility import as_seen_by
from portal.kernel import clock
from portal.kernel.db import db
from portal.kernel.language import _
from portal.kernel.refusals import Forbidden, Invalid
from portal.matters import acts
from portal.matters.kinds import kind_of
from portal.matters.models import Matter, State
from portal.matters.queries import get_matter, whole_content
from portal.matters.service.reporting.document import addressee
from portal.matters.workflow import WORKFLOW, MatterVerb
from portal.papers.drafting import draft_of, keep
from portal.papers.models import Paper
from portal.papers.queries import paper
from portal.workflow import engine
from portal.workflow.verbs import Offered, Verb

START: MatterVerb[None] = Verb(
    name="start",
    act=acts.PROGRESS,
    from_=frozenset({State.ACKNOWLEDGED}),
    to=State.IN_PROGRESS,
    offered=Offered.NEVER,
)


def for_drafter(actor: Actor, matter_id: UUID) -> tuple[Matter, Standing]:
    """The matter, for whoever may draft its report, and in which post; Forbidden for its other readers."""
    matter = get_matter(actor, matter_id)
    decision = allowed(actor, acts.DRAFT_REPORT, matter)
    if not decision:
        raise Forbidden(_("您不能起草报结材料：%(why)s", why="；".join(decision.unmet)), unmet=decision.unmet)
    assert decision.standing is not None
    return matter, decision.standing


def may_begin(matter: Matter) -> None:
    """Invalid where the matter stands so that no draft can be begun."""
    if matter.state not in (State.ACKNOWLEDGED, State.IN_PROGRESS):
        raise Invalid(_("此件现为“%(state)s”，不能起草报结材料", state=matter.state.label))


def open_draft(actor: Actor, matter_id: UUID, *, version: int | None = None) -> tuple[Matter, Paper]:
    """The handler opens the draft: the present one, whatever his page showed, or a new one that begins with the words of
    the unit's last. Asked for twice at once, the second waits and finds what the first began."""
    db.session.execute(select(Matter.id).where(Matter.id == matter_id).with_for_update().options(as_seen_by(actor)))
    matter, standing = for_drafter(actor, matter_id)
    kind = kind_of(matter).report
    existing = draft_of(actor, matter.id, kind.paper)
    if existing is not None:
        return matter, existing
    engine.check_version(WORKFLOW, actor, matter, version)
    may_begin(matter)
    content = whole_content(matter)
    if matter.state == State.ACKNOWLEDGED:
        engine.perform(WORKFLOW, START, actor, matter, None)
    assert matter.lead_unit is not None
    latest = db.session.scalars(
        select(Paper)
        .where(Paper.record_id == matter.id, Paper.kind == kind.paper)
        .options(as_seen_by(actor))
        .order_by(Paper.draft.desc())
    ).first()
    # What another unit wrote before the matter was given to this one is not its to go on with.
    last = latest if latest and matter.assigned_at and latest.changed_at >= matter.assigned_at else None
    made = Paper(
        record_id=matter.id,
        confidential=matter.confidential,
        kind=kind.paper,
        signed=True,
        draft=(latest.draft if latest else 0) + 1,
        drafter_id=actor.person_id,
        drafter_post_id=standing.post_id,
        changed_at=clock.now(),
        title=last.title if last else kind.title(content.title),
        former_titles=last.former_titles if last else None,
        addressee=last.addressee if last else addressee(matter),
        body=last.body if last else "",
        copies=last.copies if last else None,
        answers=last.answers if last else {},
        issuing_name=kind.name(matter, matter.lead_unit),
    )
    db.session.add(made)
    content.mark("report")
    db.session.flush()
    return matter, made


def save_draft(actor: Actor, report_id: UUID, saved: int | None, words: Mapping[str, Any]) -> Paper:
    """Save what is written so far; `saved` as `papers.drafting.keep` says."""
    matter = get_matter(actor, paper(actor, report_id).record_id)
    decision = allowed(actor, acts.DRAFT_REPORT, matter)
    if not decision:
        raise Forbidden(_("您不能修改报结材料：%(why)s", why="；".join(decision.unmet)), unmet=decision.unmet)
    draft = paper(actor, report_id, hold=True)
    keep(draft, saved, words)
    return draft
