"""A running sign-off: its chain copied from the shape, its steps, its signatures.

Who may sign a step is fixed when the step is reached and judged again in the signing transaction; a seat that falls
vacant stops the chain there, and a successor goes on. Nobody meets himself in a chain: the drafter signs nowhere in it, and
whoever signed one step signs no other, by whatever post or delegation.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, delete, func, select, true, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from portal.access.actor import SYSTEM, Actor, Standing
from portal.access.visibility import as_seen_by
from portal.kernel import clock
from portal.kernel.db import db
from portal.kernel.language import _
from portal.kernel.refusals import Forbidden, Stale
from portal.network.queries import Holder, signers, signers_in, signing
from portal.workflow.models import Issue, Signature, Signer, SignOff, Step
from portal.workflow.seats import Seat, not_drafters


def submit(
    *,
    paper_id: UUID,
    record_id: UUID,
    generation: int,
    seats: Sequence[Seat],
    named: dict[int, int],
    drafter: Standing,
    drafter_id: int,
    digest: str,
    confidential: bool,
) -> SignOff:
    """Copy the chain onto the report and reach its first step."""
    sign_off = SignOff(
        paper_id=paper_id,
        generation=generation,
        record_id=record_id,
        drafter_id=drafter_id,
        drafter_post_id=drafter.post_id,
        last_step=len(seats),
        digest=digest,
        submitted_at=clock.now(),
    )
    db.session.add(sign_off)
    db.session.flush()
    db.session.add_all(
        Step(
            sign_off_id=sign_off.id,
            number=number,
            record_id=record_id,
            kind=seat.kind,
            role=seat.role,
            unit_id=seat.unit_id,
            named_person_id=named.get(number),
        )
        for number, seat in enumerate(seats, start=1)
    )
    db.session.flush()
    reach(sign_off, 1, confidential=confidential)
    return sign_off


def reach(sign_off: SignOff, number: int, *, confidential: bool) -> Step:
    """The chain arrives at a step: write down who may sign it."""
    step = db.session.scalars(
        select(Step).where(Step.sign_off_id == sign_off.id, Step.number == number).options(as_seen_by(SYSTEM))
    ).one()
    step.reached_at = clock.now()
    refresh(step, sign_off, confidential=confidential)
    return step


def refresh(step: Step, sign_off: SignOff, *, confidential: bool) -> list[Holder]:
    """Who may sign the waiting step now: whoever was named (or stands in for him), else whoever holds the seat."""
    holders = signers(step.unit_id, step.role, confidential=confidential)
    people = fit(step, sign_off.drafters, signed_in(step), holders)
    # Whoever left the seat or stands in no longer may not sign, for the database either.
    db.session.execute(
        delete(Signer)
        .where(Signer.sign_off_id == step.sign_off_id, Signer.step == step.number)
        .where(tuple_(Signer.person_id, Signer.post_id).not_in([(h.person_id, h.post_id) for h in people]))
        .options(as_seen_by(SYSTEM))
        .execution_options(synchronize_session=False)
    )
    for holder in people:
        db.session.execute(
            insert(Signer)
            .values(
                sign_off_id=step.sign_off_id,
                step=step.number,
                person_id=holder.person_id,
                record_id=step.record_id,
                post_id=holder.post_id,
                delegation_id=holder.delegation_id,
            )
            .on_conflict_do_nothing()
        )
    step.vacant = not people
    db.session.flush()
    return people


def signed_in(step: Step) -> set[int]:
    """Who has signed in the step's chain."""
    return set(db.session.scalars(_signed(step.sign_off_id).options(as_seen_by(SYSTEM))))


def signed_before() -> ColumnElement[list[int]]:
    """For a statement about steps: who has signed in the step's chain."""
    return func.array(_signed(Step.sign_off_id).correlate(Step).scalar_subquery())


def _signed(sign_off_id: Any) -> Select[int]:
    return select(Signature.person_id).where(Signature.sign_off_id == sign_off_id)


def fit(step: Step, drafters: Collection[int], signed: Collection[int], holders: Sequence[Holder]) -> list[Holder]:
    """Of a seat's holders and their stand-ins, who may sign this step: whoever was named where he still may; never the
    drafters, who stands in for them, or who has signed another step."""
    people = [h for h in not_drafters(holders, drafters) if h.person_id not in signed]
    named_posts = {h.post_id for h in people if h.person_id == step.named_person_id}
    return [h for h in people if h.post_id in named_posts] or people


@dataclass(frozen=True, slots=True)
class StepNow:
    """The step that waits, with whoever may sign it, and whoever could if he had not signed in this chain already."""

    step: Step
    sign_off: SignOff
    people: tuple[Holder, ...]
    kept_out: tuple[Holder, ...] = ()

    def may_sign(self, actor: Actor, post: Standing) -> bool:
        """He holds the seat (or stands in for its holder) and has had no part in it yet, in whatever post."""
        return any(
            (h.person_id, h.post_id, h.delegation_id) == (actor.person_id, post.post_id, post.delegation_id) for h in self.people
        )


def step_now(record_id: UUID, *, confidential: bool) -> StepNow | None:
    """The waiting step of the matter's running sign-off, with its holders as of now."""
    seat = signing(Step.unit_id, Step.role, confidential=confidential).correlate(Step).lateral("seat")
    rows = db.session.execute(
        select(Step, SignOff, signed_before().label("signed"), *seat.columns)
        .join(SignOff, SignOff.id == Step.sign_off_id)
        .outerjoin(seat, true())
        .where(SignOff.record_id == record_id, SignOff.ended_at.is_(None), Step.reached_at.is_not(None))
        .order_by(Step.number.desc())
        .options(as_seen_by(SYSTEM))
    ).all()
    if not rows:
        return None
    step, sign_off, signed = rows[0].Step, rows[0].SignOff, rows[0].signed
    held = signers_in([row for row in rows if row.Step is step and row.post_id is not None])
    kept_out = tuple(h for h in held if h.person_id in signed)
    return StepNow(step, sign_off, tuple(fit(step, sign_off.drafters, signed, held)), kept_out)


def sign(now: StepNow, actor: Actor, standing: Standing, digest: str, authentication: str, *, confidential: bool) -> Signature:
    """Write one signature, on exactly the text that was shown. The database refuses whatever the chain does not allow."""
    sign_off = now.sign_off
    if digest != sign_off.digest:
        raise Stale(_("您看到的文本不是现在送签的文本，本次签批未执行，请重新阅读"))
    if not now.may_sign(actor, standing):
        raise Forbidden(_("现在不是轮到您签批"))
    refresh(now.step, sign_off, confidential=confidential)
    signature = Signature(
        sign_off_id=sign_off.id,
        step=now.step.number,
        record_id=sign_off.record_id,
        person_id=actor.person_id,
        post_id=standing.post_id,
        delegation_id=standing.delegation_id,
        drafter_id=sign_off.drafter_id,
        digest=digest,
        authentication=authentication,
        signed_at=clock.now(),
    )
    db.session.add(signature)
    db.session.flush()
    return signature


def end(record_id: UUID) -> None:
    """The running sign-off ends: issued, sent back, recalled or overtaken. Its signatures stay on record."""
    db.session.execute(
        update(SignOff)
        .where(SignOff.record_id == record_id, SignOff.ended_at.is_(None))
        .values(ended_at=clock.now())
        .options(as_seen_by(SYSTEM))
        .execution_options(synchronize_session=False)
    )


def issue(sign_off: SignOff, *, unit_id: int, series: str, year: int, number: int) -> Issue:
    """The last signature is there: the paper goes out under its number."""
    issued = Issue(
        paper_id=sign_off.paper_id,
        signed=True,
        sign_off_id=sign_off.id,
        step=sign_off.last_step,
        record_id=sign_off.record_id,
        unit_id=unit_id,
        series=series,
        year=year,
        number=number,
        issued_at=clock.now(),
    )
    db.session.add(issued)
    db.session.flush()
    return issued
