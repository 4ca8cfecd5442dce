"""The step at which a sign-off waits, who may sign it, and which steps nobody has signed yet. Nothing is written here."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, cast, exists, func, select, true
from sqlalchemy.dialects.postgresql import TEXT
from sqlalchemy.orm import aliased

from portal.access.actor import SYSTEM, Actor, Standing
from portal.access.roles import Role
from portal.access.visibility import as_seen_by
from portal.kernel.db import db
from portal.network.queries import Holder, signers_in, signing
from portal.papers.models import Paper, Signature, Signer, SignOff, Step
from portal.papers.seats import not_drafters


@dataclass(frozen=True, slots=True)
class StepNow:
    """The step that waits, with whoever may sign it, and whoever could if he had not signed in this chain already; and who
    has signed, and whom the database lets sign it: person and post as they were written down."""

    step: Step
    sign_off: SignOff
    people: tuple[Holder, ...]
    kept_out: tuple[Holder, ...]
    signed: frozenset[int]
    written: Mapping[int, int]

    def may_sign(self, actor: Actor, post: Standing) -> bool:
        """He holds the seat (or stands in for its holder) and has had no part in it yet, in whatever post."""
        return any(
            (h.person_id, h.post_id, h.delegation_id) == (actor.person_id, post.post_id, post.delegation_id) for h in self.people
        )

    @property
    def changed(self) -> bool:
        """Others may sign it than is written down, or nobody while nothing says so."""
        return {h.person_id for h in self.people} != self.written.keys() or self.step.vacant == bool(self.people)


def _signed() -> ColumnElement[list[int]]:
    """For a statement about steps: who has signed in the step's chain."""
    found = select(Signature.person_id).where(Signature.sign_off_id == Step.sign_off_id)
    return func.array(found.correlate(Step).scalar_subquery())


def _written() -> ColumnElement[dict[str, int] | None]:
    """For a statement about steps: person and post of whoever is written down as its signers."""
    pairs = func.jsonb_object_agg(cast(Signer.person_id, TEXT), Signer.post_id)
    of_step = (Signer.sign_off_id == Step.sign_off_id, Signer.step == Step.number)
    return select(pairs).where(*of_step).correlate(Step).scalar_subquery()


def fit(step: Step, drafters: Collection[int], signed: Collection[int], holders: Sequence[Holder]) -> list[Holder]:
    """Of a seat's holders and their stand-ins, who may sign this step: whoever was named where he still may; never the
    drafters, who stands in for them, or who has signed another step."""
    people = [h for h in not_drafters(holders, drafters) if h.person_id not in signed]
    named_posts = {h.post_id for h in people if h.person_id == step.named_person_id}
    return [h for h in people if h.post_id in named_posts] or people


def _waiting() -> Select[Any]:
    """The step at which each running sign-off waits, with the holders of its seat; of confidential papers those alone who may
    see such."""
    held = signing(Step.unit_id, Step.role, confidential=Paper.confidential).correlate(Step, Paper).lateral("seat")
    later = aliased(Step)
    passed = exists().where(later.sign_off_id == Step.sign_off_id, later.number > Step.number, later.reached_at.is_not(None))
    return (
        select(Step, SignOff, _signed().label("signed"), _written().label("written"), *held.columns)
        .join(SignOff, SignOff.id == Step.sign_off_id)
        .join(Paper, Paper.id == SignOff.paper_id)
        .outerjoin(held, true())
        .where(SignOff.ended_at.is_(None), Step.reached_at.is_not(None), ~passed)
        .options(as_seen_by(SYSTEM))
    )


def _step(rows: Sequence[Any]) -> StepNow:
    """The waiting step of one sign-off in its rows of `_waiting`."""
    step, sign_off, signed = rows[0].Step, rows[0].SignOff, frozenset(rows[0].signed)
    held = signers_in([row for row in rows if row.post_id is not None])
    kept_out = tuple(h for h in held if h.person_id in signed)
    written = {int(person): post for person, post in (rows[0].written or {}).items()}
    return StepNow(step, sign_off, tuple(fit(step, sign_off.drafters, signed, held)), kept_out, signed, written)


def step_now(record_id: UUID) -> StepNow | None:
    """The waiting step of the record's running sign-off, with its holders as of now."""
    rows = db.session.execute(_waiting().where(SignOff.record_id == record_id)).all()
    return _step(rows) if rows else None


def seats_changed() -> list[UUID]:
    """The records whose waiting step may be signed by others than is written down, or by nobody while nothing says so. One
    statement, however many chains are running."""
    chains: dict[SignOff, list[Any]] = {}
    for row in db.session.execute(_waiting().execution_options(populate_existing=True)):
        chains.setdefault(row.SignOff, []).append(row)
    return [sign_off.record_id for sign_off, rows in chains.items() if _step(rows).changed]


@dataclass(frozen=True, slots=True)
class Waiting:
    """The step at which a sign-off waits, and who is written down as its signers; ids only."""

    unit_id: int
    role: Role
    named_person_id: int | None
    persons: tuple[int, ...]


def waiting(record_id: UUID) -> Waiting | None:
    """Where the record's running sign-off waits."""
    rows = db.session.execute(
        select(Step, Signer.person_id)
        .join(SignOff, SignOff.id == Step.sign_off_id)
        .outerjoin(Signer, (Signer.sign_off_id == Step.sign_off_id) & (Signer.step == Step.number))
        .where(SignOff.record_id == record_id, SignOff.ended_at.is_(None), Step.reached_at.is_not(None))
        .order_by(Step.number.desc())
        .options(as_seen_by(SYSTEM))
    ).all()
    if not rows:
        return None
    step = rows[0].Step
    persons = tuple(row.person_id for row in rows if row.Step is step and row.person_id)
    return Waiting(step.unit_id, Role(step.role), step.named_person_id, persons)


def unsigned_steps() -> Select[Step]:
    """The steps of running sign-offs that nobody has signed yet, reached or not."""
    signed = exists().where(Signature.sign_off_id == Step.sign_off_id, Signature.step == Step.number)
    return (
        select(Step)
        .join(SignOff, SignOff.id == Step.sign_off_id)
        .where(SignOff.ended_at.is_(None), ~signed)
        .options(as_seen_by(SYSTEM))
    )


def may_sign(persons: ColumnElement[bool]) -> ColumnElement[bool]:
    """For a statement about steps: among those written down as its signers is one for whom this holds."""
    return exists().where(Signer.sign_off_id == Step.sign_off_id, Signer.step == Step.number, persons)
