"""Reading a matter and its parts, always for somebody. Parts are asked for only where the content says there are any."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import aliased, joinedload
from sqlalchemy.orm.attributes import set_committed_value

from portal.access.actor import SYSTEM, Actor
from portal.access.visibility import as_seen_by
from portal.kernel.db import db
from portal.kernel.refusals import Invisible
from portal.matters.models import (
    Attachment,
    Clock,
    CoUnit,
    Entry,
    Extension,
    Matter,
    MatterContent,
    Milestone,
    Report,
    State,
)
from portal.workflow.models import Signature, Signer, SignOff, Step
from portal.workflow.signoff import step_now


def one(actor: Actor, matter_id: UUID) -> Matter:
    """The matter as this reader sees it: `content` is None where he sees the shell alone; `closing` and `feedback` are
    its clocks. Invisible where there is nothing for him."""
    closing, feedback = aliased(Clock), aliased(Clock)
    row = db.session.execute(
        select(Matter, MatterContent, closing, feedback)
        .outerjoin(MatterContent, MatterContent.matter_id == Matter.id)
        .outerjoin(closing, (closing.matter_id == Matter.id) & (closing.kind == "closing"))
        .outerjoin(feedback, (feedback.matter_id == Matter.id) & (feedback.kind == "first_feedback"))
        .where(Matter.id == matter_id)
        .options(
            joinedload(Matter.lead_unit),
            joinedload(Matter.registering_unit),
            joinedload(Matter.supervising_unit),
            joinedload(MatterContent.handler),
            as_seen_by(actor),
        )
    ).first()
    if row is None:
        raise Invisible
    matter, content, closing_clock, feedback_clock = row
    set_committed_value(matter, "content", content)
    matter.closing, matter.feedback = closing_clock, feedback_clock
    if content is not None and content.has("co_unit"):
        matter.co_units = co_units(actor, matter)
        matter.co_unit_ids = tuple(c.unit_id for c in matter.co_units)
    if matter.state == State.IN_SIGN_OFF and content is not None:
        matter.step_now = step_now(matter.id, confidential=matter.confidential)
    return matter


def whole_content(matter: Matter) -> MatterContent:
    """The content as the engine needs it for what follows a move, whoever moves; never shown."""
    return db.session.scalars(
        select(MatterContent).where(MatterContent.matter_id == matter.id).options(as_seen_by(SYSTEM))
    ).one()


def co_units(actor: Actor, matter: Matter) -> list[CoUnit]:
    """Who helps."""
    return list(
        db.session.scalars(
            select(CoUnit)
            .where(CoUnit.matter_id == matter.id)
            .options(joinedload(CoUnit.unit), as_seen_by(actor))
            .order_by(CoUnit.unit_id)
        )
    )


def entries(actor: Actor, matter: Matter, limit: int = 200) -> list[Entry]:
    """办理经过, newest first."""
    return list(
        db.session.scalars(
            select(Entry)
            .where(Entry.matter_id == matter.id)
            .options(joinedload(Entry.person), as_seen_by(actor))
            .order_by(Entry.sequence.desc())
            .limit(limit)
        )
    )


def milestones(actor: Actor, matter: Matter) -> list[Milestone]:
    """The dates of the shell, newest first."""
    return list(
        db.session.scalars(
            select(Milestone)
            .where(Milestone.matter_id == matter.id)
            .options(joinedload(Milestone.unit), as_seen_by(actor))
            .order_by(Milestone.at.desc(), Milestone.id.desc())
        )
    )


def children(actor: Actor, matter: Matter) -> list[Matter]:
    """The matters forwarded from this one, as far as the reader sees them."""
    return list(
        db.session.scalars(
            select(Matter)
            .where(Matter.parent_id == matter.id)
            .options(joinedload(Matter.lead_unit), as_seen_by(actor))
            .order_by(Matter.registered_at, Matter.number)
        )
    )


def attachments(actor: Actor, matter: Matter, report_id: UUID | None = None) -> list[Attachment]:
    """The papers of the instruction itself, or of one report."""
    return list(
        db.session.scalars(
            select(Attachment)
            .where(
                Attachment.matter_id == matter.id,
                Attachment.report_id.is_(None) if report_id is None else Attachment.report_id == report_id,
            )
            .options(as_seen_by(actor))
            .order_by(Attachment.added_at, Attachment.id)
        )
    )


def attachment(actor: Actor, attachment_id: UUID) -> Attachment:
    """One file."""
    found = db.session.scalars(
        select(Attachment).where(Attachment.id == attachment_id).options(as_seen_by(actor))
    ).first()
    if found is None:
        raise Invisible
    return found


def extensions(actor: Actor, matter: Matter) -> list[Extension]:
    """Requests for extension, newest first."""
    return list(
        db.session.scalars(
            select(Extension)
            .where(Extension.matter_id == matter.id)
            .options(as_seen_by(actor))
            .order_by(Extension.asked_at.desc())
        )
    )


def reports(actor: Actor, matter: Matter) -> list[Report]:
    """All drafts that the reader sees, the latest first."""
    return list(
        db.session.scalars(
            select(Report)
            .where(Report.matter_id == matter.id)
            .options(joinedload(Report.drafter), as_seen_by(actor))
            .order_by(Report.draft.desc())
        )
    )


def report(actor: Actor, report_id: UUID) -> Report:
    """One draft."""
    found = db.session.scalars(
        select(Report).where(Report.id == report_id).options(joinedload(Report.drafter), as_seen_by(actor))
    ).first()
    if found is None:
        raise Invisible
    return found


def chain_of(actor: Actor, shown: Report) -> tuple[SignOff | None, list[Step], dict[int, Signature], dict[int, list[Signer]]]:
    """The report's latest sign-off: steps in order, signatures and possible signers by step."""
    if shown.generation == 0:
        return None, [], {}, {}
    seen = as_seen_by(actor)
    here = (shown.id, shown.generation)
    sign_off = db.session.scalars(
        select(SignOff).where(SignOff.report_id == here[0], SignOff.generation == here[1]).options(seen)
    ).first()
    steps = list(
        db.session.scalars(
            select(Step)
            .where(Step.report_id == here[0], Step.generation == here[1])
            .options(joinedload(Step.unit), seen)
            .order_by(Step.number)
        )
    )
    signatures = {
        s.step: s
        for s in db.session.scalars(
            select(Signature)
            .where(Signature.report_id == here[0], Signature.generation == here[1])
            .options(joinedload(Signature.person), joinedload(Signature.delegation), seen)
        )
    }
    people: dict[int, list[Signer]] = {}
    for signer in db.session.scalars(
        select(Signer)
        .where(Signer.report_id == here[0], Signer.generation == here[1])
        .options(joinedload(Signer.person), seen)
    ):
        people.setdefault(signer.step, []).append(signer)
    return sign_off, steps, signatures, people


def related(actor: Actor, matter: Matter) -> list[Matter]:
    """The round before this one and those after it, and the matter it was forwarded from, as far as the reader sees."""
    if matter.previous_id is None and matter.parent_id is None and matter.open:
        return []
    wanted = [i for i in (matter.previous_id, matter.parent_id) if i]
    return list(
        db.session.scalars(
            select(Matter)
            .where(or_(Matter.id.in_(wanted), Matter.previous_id == matter.id))
            .options(as_seen_by(actor))
            .order_by(Matter.registered_at)
        )
    )
