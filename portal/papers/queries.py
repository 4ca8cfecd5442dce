"""Reading papers and their sign-off, always for somebody."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select, tuple_
from sqlalchemy.orm import aliased, defer, joinedload

from portal.access.actor import Actor
from portal.access.visibility import as_seen_by
from portal.kernel.db import db
from portal.kernel.refusals import Invisible
from portal.network.queries import name_then
from portal.papers.models import Paper, Signature, Signer, SignOff, Step, Submission


def papers_of(actor: Actor, record_id: UUID, kind: str) -> list[Paper]:
    """All drafts of this kind of paper that the reader sees, the latest first."""
    return list(
        db.session.scalars(
            select(Paper)
            .where(Paper.record_id == record_id, Paper.kind == kind)
            .options(joinedload(Paper.drafter), as_seen_by(actor))
            .order_by(Paper.draft.desc())
        )
    )


def paper(actor: Actor, paper_id: UUID, *, hold: bool = False) -> Paper:
    """One paper; to `hold` it, as it stands at this moment, until the act is done."""
    wanted = select(Paper).where(Paper.id == paper_id).options(joinedload(Paper.drafter), as_seen_by(actor))
    if hold:
        wanted = wanted.with_for_update(of=Paper).execution_options(populate_existing=True)
    found = db.session.scalars(wanted).first()
    if found is None:
        raise Invisible
    return found


def former(actor: Actor, shown: Paper, since: datetime | None) -> Submission | None:
    """What went into a chain before this draft as it stands now: the same draft's last submission while it is being
    written on, the one before that once it has been submitted again, else the last of an earlier draft. What was submitted
    before its writers had the record (`since`; None: nobody has it) is not theirs to go on from."""
    if since is None:
        return None
    before = shown.generation if shown.state != "draft" else shown.generation + 1
    return db.session.scalars(
        select(Submission)
        .join(SignOff, SignOff.id == Submission.id)
        .join(Paper, and_(Paper.id == SignOff.paper_id, Paper.kind == shown.kind))
        .where(
            Submission.record_id == shown.record_id,
            tuple_(Submission.draft, Submission.generation) < (shown.draft, before),
            Submission.submitted_at >= since,
        )
        .options(as_seen_by(actor))
        .order_by(Submission.draft.desc(), Submission.generation.desc())
        .limit(1)
    ).first()


Chain = tuple[SignOff | None, list[Step], dict[int, Signature], dict[int, list[Signer]]]


def chain_of(actor: Actor, shown: Paper) -> Chain:
    """The paper's latest sign-off: steps in order, signatures and possible signers by step."""
    found = _chain(actor, Paper.id == shown.id) if shown.generation else None
    return found[1] if found else (None, [], {}, {})


def latest_chain(actor: Actor, record_id: UUID, kind: str) -> tuple[Paper, Chain] | None:
    """The latest draft of this kind of paper that was submitted, without its words, and its latest sign-off."""
    other = aliased(Paper)
    submitted = select(func.max(other.draft)).where(other.record_id == record_id, other.kind == kind, other.generation > 0)
    return _chain(actor, and_(Paper.record_id == record_id, Paper.kind == kind, Paper.draft == submitted.scalar_subquery()))


def _chain(actor: Actor, which: ColumnElement[bool]) -> tuple[Paper, Chain] | None:
    rows = db.session.execute(
        select(Paper, SignOff, Step, Signature, Signer)
        .outerjoin(SignOff, and_(SignOff.paper_id == Paper.id, SignOff.generation == Paper.generation))
        .outerjoin(Step, Step.sign_off_id == SignOff.id)
        .outerjoin(Signature, and_(Signature.sign_off_id == Step.sign_off_id, Signature.step == Step.number))
        .outerjoin(Signer, and_(Signer.sign_off_id == Step.sign_off_id, Signer.step == Step.number))
        .where(which)
        .options(
            joinedload(Paper.drafter),
            defer(Paper.plain),
            defer(Paper.sealed),
            joinedload(Step.unit),
            joinedload(Signature.person),
            joinedload(Signer.person),
            as_seen_by(actor),
        )
        .order_by(Step.number, Signer.person_id)
    ).all()
    if not rows:
        return None
    steps = {row.Step.number: row.Step for row in rows if row.Step}
    signatures = {row.Signature.step: row.Signature for row in rows if row.Signature}
    for number, signature in signatures.items():
        signature.unit_name = name_then(steps[number].unit, signature.signed_at)
    people: dict[int, list[Signer]] = {}
    for row in rows:
        if row.Signer:
            people.setdefault(row.Signer.step, []).append(row.Signer)
    return rows[0].Paper, (rows[0].SignOff, list(steps.values()), signatures, people)
