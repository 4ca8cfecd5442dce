"""A running sign-off: its steps copied from the shape, who may sign them, its signatures, its end.

Who may sign a step is written down when the step is reached and whenever its seat changes hands, in one place, and whoever
comes is asked there (`Course`); it is judged again in the signing transaction. A seat that falls vacant stops the chain there,
and a successor goes on. Nobody meets himself in a chain: the drafter signs nowhere in it, and whoever signed one step signs no
other, by whatever post or delegation.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from portal.access.actor import SYSTEM, Actor, Standing, System
from portal.access.visibility import as_seen_by
from portal.audit import journal
from portal.documents.numbering import bracketed, next_number, where_counted
from portal.kernel import clock
from portal.kernel.db import db
from portal.kernel.language import _
from portal.kernel.refusals import Forbidden, Stale
from portal.notify.service import Occasion
from portal.papers.models import Issue, Paper, Signature, Signer, SignOff, Step, Submission
from portal.papers.seats import Shape
from portal.papers.steps import StepNow, step_now


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


def sign(shown: StepNow, actor: Actor, standing: Standing, digest: str, authentication: str) -> Signature:
    """Write one signature, on exactly the text that was shown. Who may sign is asked again here, since the page's step was read
    before the password was: a post or a delegation may have ended meanwhile. The database refuses whatever the chain does not
    allow. Raises Stale, Forbidden."""
    sign_off, now = shown.sign_off, step_now(shown.sign_off.record_id)
    if now is None or now.step is not shown.step:
        raise Stale(_("这一步已经办过，或者轮到了别的步骤；本次签批未执行"))
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
    """What of the record is in sign-off is overtaken: it ends. Its signatures stay on record."""
    _end(SignOff.record_id == record_id)


def back_to_draft(paper: Paper) -> None:
    """Sent back or taken back: the paper is written on, and its sign-off ends."""
    _end(SignOff.paper_id == paper.id)
    paper.state = "draft"
    db.session.flush()


def _end(which: ColumnElement[bool]) -> None:
    db.session.execute(
        update(SignOff)
        .where(which, SignOff.ended_at.is_(None))
        .values(ended_at=clock.now())
        .options(as_seen_by(SYSTEM))
        .execution_options(synchronize_session=False)
    )


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
