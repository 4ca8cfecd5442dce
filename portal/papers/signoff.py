"""A running sign-off: its steps copied from the shape, who may sign them, its signatures, its end.

Who may sign a step is written down when the step is reached and whenever its seat changes hands, in one place, and whoever
comes is asked there (`Course`); it is judged again in the signing transaction. A seat that falls vacant stops the chain there,
and a successor goes on. Nobody meets himself in a chain: the drafter signs nowhere in it, and whoever signed one step signs no
other, by whatever post or delegation.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import ColumnElement, Select, cast, delete, exists, func, select, true, update
from sqlalchemy.dialects.postgresql import TEXT, insert
from sqlalchemy.orm import aliased

from portal.access.actor import SYSTEM, Actor, Standing, System
from portal.access.visibility import as_seen_by
from portal.audit import journal
from portal.documents.numbering import bracketed, next_number, where_counted
from portal.kernel import clock
from portal.kernel.db import db
from portal.kernel.language import _
from portal.kernel.refusals import Forbidden, Stale
from portal.network.queries import Holder, signers_in, signing
from portal.notify.service import Occasion
from portal.papers.models import Issue, Paper, Signature, Signer, SignOff, Step, Submission
from portal.papers.seats import Shape, not_drafters


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


class Course(Protocol):
    """What the record of a paper does as its sign-off goes its way, said by the feature whose record it is."""

    @property
    def subject(self) -> str:
        """What the journal calls its papers."""

    @property
    def confidential(self) -> bool:
        """Whether the record is."""

    def let_read(self, come: Collection[int], gone: Collection[int]) -> None:
        """Those who come may sign the step that waits and read for it; those who go do not any more."""

    def ask(self, occasion: Occasion, step: str, persons: Sequence[int]) -> None:
        """These persons are asked to sign."""

    def say_vacant(self, occasion: Occasion) -> None:
        """Nobody may sign the step that waits: whoever can do something about it is told."""


def submit(
    actor: Actor, paper: Paper, shape: Shape, named: Mapping[int, int], drafter: Standing, digest: str, fields: dict[str, Any]
) -> SignOff:
    """The paper enters a chain of this shape, exactly as these fields say. It waits nowhere yet: `arrive`."""
    paper.state, paper.generation = "in_sign_off", paper.generation + 1
    paper.drafter_id, paper.drafter_post_id = actor.person_id, drafter.post_id
    sign_off = SignOff(
        paper_id=paper.id,
        generation=paper.generation,
        record_id=paper.record_id,
        drafter_id=actor.person_id,
        drafter_post_id=drafter.post_id,
        last_step=len(shape.seats),
        digest=digest,
        submitted_at=clock.now(),
    )
    db.session.add(sign_off)
    db.session.flush()
    db.session.add_all(
        Step(
            sign_off_id=sign_off.id,
            number=number,
            record_id=paper.record_id,
            kind=seat.kind,
            role=seat.role,
            unit_id=seat.unit_id,
            named_person_id=named.get(number),
        )
        for number, seat in enumerate(shape.seats, start=1)
    )
    db.session.add(
        Submission(
            id=sign_off.id,
            record_id=paper.record_id,
            generation=paper.generation,
            draft=paper.draft,
            submitted_at=sign_off.submitted_at,
            confidential=paper.confidential,
            fields=fields,
        )
    )
    db.session.flush()
    return sign_off


def arrive(course: Course, occasion: Occasion, sign_off: SignOff, number: int) -> StepNow:
    """By this act the chain arrives at a step: its people are written down, let read and asked; a vacant seat is reported."""
    step = db.session.scalars(
        select(Step).where(Step.sign_off_id == sign_off.id, Step.number == number).options(as_seen_by(SYSTEM))
    ).one()
    step.reached_at = clock.now()
    db.session.flush()
    now = step_now(sign_off.record_id)
    assert now is not None
    _hold(now)
    people = [holder.person_id for holder in now.people]
    course.let_read(people, ())
    if people:
        course.ask(occasion, step.kind, people)
    else:
        course.say_vacant(occasion)
    return now


def reseat(actor: Actor | System, course: Course, now: StepNow) -> None:
    """Whoever may sign the waiting step now is written down, let read, and asked if he was not asked before; whoever may not
    any more reads no longer what he read for that alone; a seat that has fallen vacant is reported. In this one place, whatever
    changed the seat: a post, a delegation, a unit."""
    was_vacant, before, changed = now.step.vacant, now.written.keys(), now.changed
    people = [holder.person_id for holder in now.people]
    _hold(now)
    course.let_read(people, before - set(people) - now.signed)
    if changed:
        act, facts = "seat_filled" if people else "seat_vacant", {"step": now.step.number}
        entry = journal.record(actor, act, course.subject, now.sign_off.paper_id, confidential=course.confidential, after=facts)
        if people:
            course.ask(entry, now.step.kind, [one for one in people if one not in before])
        elif not was_vacant:
            course.say_vacant(entry)


def _hold(now: StepNow) -> None:
    """Let the database let sign whoever may now, and nobody else."""
    of_step = (Signer.sign_off_id == now.step.sign_off_id, Signer.step == now.step.number)
    fitting = {(h.person_id, h.post_id) for h in now.people}
    if gone := [person for person, post in now.written.items() if (person, post) not in fitting]:
        db.session.execute(
            delete(Signer)
            .where(*of_step, Signer.person_id.in_(gone))
            .options(as_seen_by(SYSTEM))
            .execution_options(synchronize_session=False)
        )
    for holder in now.people:
        if now.written.get(holder.person_id) not in {post for person, post in fitting if person == holder.person_id}:
            db.session.execute(
                insert(Signer)
                .values(
                    sign_off_id=now.step.sign_off_id,
                    step=now.step.number,
                    person_id=holder.person_id,
                    record_id=now.step.record_id,
                    post_id=holder.post_id,
                    delegation_id=holder.delegation_id,
                )
                .on_conflict_do_nothing()
            )
    now.step.vacant = not now.people
    db.session.flush()


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


def sign(now: StepNow, actor: Actor, standing: Standing, digest: str, authentication: str) -> Signature:
    """Write one signature, on exactly the text that was shown. The database refuses whatever the chain does not allow."""
    sign_off = now.sign_off
    if digest != sign_off.digest:
        raise Stale(_("您看到的文本不是现在送签的文本，本次签批未执行，请重新阅读"))
    if not now.may_sign(actor, standing):
        raise Forbidden(_("现在不是轮到您签批"))
    _hold(now)
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
    """The record's running sign-off ends: issued, sent back, recalled or overtaken. Its signatures stay on record."""
    db.session.execute(
        update(SignOff)
        .where(SignOff.record_id == record_id, SignOff.ended_at.is_(None))
        .values(ended_at=clock.now())
        .options(as_seen_by(SYSTEM))
        .execution_options(synchronize_session=False)
    )


def back_to_draft(paper: Paper) -> None:
    """Sent back or taken back: the paper is written on, and its sign-off ends."""
    end(paper.record_id)
    paper.state = "draft"
    db.session.flush()


def issue(paper: Paper, sign_off: SignOff, unit_id: int, former: Sequence[int], mark: str, series: str) -> Issue:
    """The last signature is there: the paper goes out under its number, and its sign-off ends. What was submitted in the name
    of a `former` unit that is no more has its place in that one's series."""
    year = clock.today().year
    counting_id = (where_counted((unit_id, *former), series, year) if former else None) or unit_id
    number = next_number(counting_id, series, year)
    issued = Issue(
        paper_id=paper.id,
        signed=paper.signed,
        sign_off_id=sign_off.id,
        step=sign_off.last_step,
        record_id=paper.record_id,
        unit_id=counting_id,
        series=series,
        year=year,
        number=number,
        issued_at=clock.now(),
    )
    db.session.add(issued)
    sign_off.ended_at = issued.issued_at
    paper.state, paper.issued_at, paper.document_number = "issued", issued.issued_at, bracketed(mark, year, number)
    db.session.flush()
    return issued
