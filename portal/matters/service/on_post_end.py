"""When a post ends: what waited for its holder passes on; registered with `staffing`, which knows no matter.

An open matter's handler, and who does a co-unit's part, become the successor, or nobody: then the unit's desk is asked to
name one. A step of a running sign-off that he alone could sign waits for whoever holds the seat now. A confidential
matter is passed on to nobody: he leaves the audience, and the office that holds the shell is told that somebody must be
named, in the same words whether he handled, signed, reviewed or registered it.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import joinedload

from portal.access.actor import SYSTEM, Actor, Standing, System
from portal.access.models import Audience
from portal.access.record import Record
from portal.access.roles import SUPERVISION, Role
from portal.access.visibility import as_seen_by
from portal.audit import journal
from portal.identity.models import Person
from portal.kernel import clock
from portal.kernel.db import db
from portal.kernel.language import _l
from portal.matters import audience, notices
from portal.matters.models import ENDED, Content, CoUnit, Matter
from portal.matters.queries import whole_content
from portal.matters.readers import index_viewers
from portal.matters.reseat import lent_no_longer, reseat
from portal.matters.workflow import write_entry
from portal.network.models import Delegation, Post
from portal.network.queries import Holder, handlers_of, holders, in_force
from portal.papers.models import Signer, Step
from portal.papers.steps import may_sign, unsigned_steps
from portal.staffing.models import HandoverItem
from portal.staffing.service.post_tasks import Line, Task

TASKS = {"handle": _l("承办"), "co_handle": _l("协办"), "sign": _l("签批")}
_OFFICE = {audience.REGISTRAR, audience.REVIEWER, audience.EXTENSION}


def pass_on(actor: Actor | System, standing: Standing | None, post: Post) -> list[Task]:
    """Everything that waited for the holder of this post, which has ended."""
    successor = _successor(post)
    secret = _leave_audiences(post)
    tasks = [*_handled(actor, standing, post, successor, secret), *_helped(actor, standing, post, successor)]
    tasks += _signed(actor, post, successor, secret)
    for matter_id in sorted(secret, key=str):
        _somebody_must_be_named(actor, standing, matter_id, post.person_id)
    lent = select(Delegation.to_person_id).where(Delegation.post_id == post.id, Delegation.to_at > clock.now())
    lent_no_longer(db.session.scalars(lent).all())
    return tasks


def _successor(post: Post) -> Post | None:
    if post.successor_id is None:
        return None
    return db.session.scalar(
        select(Post)
        .join(Person, Person.id == Post.person_id)
        .where(Post.id == post.successor_id, in_force(clock.today()), Person.active)
        .options(joinedload(Post.person))
    )


def _matter(matter_id: UUID) -> tuple[Matter, Content]:
    matter = db.session.scalars(
        select(Matter)
        .where(Matter.id == matter_id)
        .options(joinedload(Matter.lead_unit), as_seen_by(SYSTEM))
        .with_for_update(of=Matter)
        .execution_options(populate_existing=True)
    ).one()
    return matter, whole_content(matter)


def _handled(actor: Actor | System, standing: Standing | None, post: Post, successor: Post | None, secret: set[UUID]) -> list[Task]:
    found = db.session.scalars(
        select(Content.record_id)
        .join(Matter, Matter.id == Content.record_id)
        .join(Record, Record.id == Matter.id)
        .where(Content.handler_post_id == post.id, Matter.state.not_in(ENDED))
        .order_by(Record.number)
        .options(as_seen_by(SYSTEM))
    ).all()
    tasks = []
    for matter_id in found:
        matter, content = _matter(matter_id)
        content.handler_id = content.handler_post_id = None
        if matter.confidential:
            secret.add(matter.id)
            continue
        new = _fit(successor, handlers_of(matter.lead_unit_id) if matter.lead_unit_id else [], post, matter.lead_unit_id)
        if new is not None:
            content.handler_id, content.handler_post_id = new.person_id, new.id
        _passed(actor, standing, matter, content, post, new, "handle")
        told = ("handed_over", [new.person_id]) if new else ("name_handler", notices.lead_desk(matter))
        entry = journal.record(
            actor, "handed_over", "matter", matter.id, standing=standing,
            before={"handler_id": post.person_id}, after={"handler_id": content.handler_id},
        )  # fmt: skip
        notices.notify(matter, content, entry, *told)
        index_viewers(matter, content)
        tasks.append(Task(matter.id, "handle", content.handler_id))
    return tasks


def _fit(successor: Post | None, may_handle: Iterable[Holder], post: Post, unit_id: int | None) -> Post | None:
    """The successor, where he may be named handler of that unit: a handler's stand-by is its liaison officer."""
    if successor is None or unit_id is None or successor.person_id == post.person_id:
        return None
    may = {one.post_id for one in may_handle} | {one.post_id for one in holders(unit_id, Role.LIAISON_OFFICER)}
    return successor if successor.id in may else None


def _passed(
    actor: Actor | System,
    standing: Standing | None,
    matter: Matter,
    content: Content,
    post: Post,
    new: Post | None,
    task: str,
) -> None:
    matter.version += 1
    former = db.session.scalar(select(Person.name).where(Person.id == post.person_id))
    facts = {"handler": new.person.name if new else "", "former": former or "", "task": task}
    write_entry(matter, "hand_over", actor, standing, facts=facts)
    db.session.flush()


def _helped(actor: Actor | System, standing: Standing | None, post: Post, successor: Post | None) -> list[Task]:
    parts = db.session.scalars(
        select(CoUnit)
        .join(Matter, Matter.id == CoUnit.matter_id)
        .join(Record, Record.id == Matter.id)
        .where(CoUnit.handler_id == post.person_id, CoUnit.unit_id == post.for_unit_id, Matter.state.not_in(ENDED))
        .order_by(Record.number)
        .options(as_seen_by(SYSTEM))
    ).all()
    tasks = []
    for part in parts:
        matter, content = _matter(part.matter_id)
        new = _fit(successor, handlers_of(part.unit_id), post, part.unit_id)
        part.handler_id = new.person_id if new else None
        _passed(actor, standing, matter, content, post, new, "co_handle")
        entry = journal.record(actor, "handed_over", "matter", matter.id, standing=standing)
        told = ("co_handler_named", [new.person_id]) if new else ("co_assigned", notices.helpers(matter, (part.unit_id,)))
        notices.notify(matter, content, entry, *told)
        index_viewers(matter, content)
        tasks.append(Task(matter.id, "co_handle", part.handler_id))
    return tasks


def _signed(actor: Actor | System, post: Post, successor: Post | None, secret: set[UUID]) -> list[Task]:
    """Steps of running sign-offs: he is named for none any more, and may sign none; his stand-ins neither."""
    named = and_(Step.named_person_id == post.person_id, Step.role == post.role, Step.unit_id == post.for_unit_id)
    mine = or_(Signer.post_id == post.id, and_(Signer.person_id == post.person_id, ~_still_there(post.person_id)))
    steps = db.session.scalars(unsigned_steps().where(or_(named, may_sign(mine)))).all()
    tasks = []
    for step in steps:
        matter, content = _matter(step.record_id)
        if step.named_person_id == post.person_id:
            fitting = successor is not None and successor.role == post.role and successor.for_unit_id == step.unit_id
            step.named_person_id = successor.person_id if successor is not None and fitting else None
        if step.reached_at is not None:
            people = reseat(actor, matter, content)
            tasks += [] if matter.confidential else [Task(matter.id, "sign", people[0] if people else None)]
        if matter.confidential:
            secret.add(matter.id)
    return tasks


def _still_there(person_id: int) -> ColumnElement[bool]:
    return exists().where(Post.person_id == person_id, in_force(clock.today())).correlate(None)


def _leave_audiences(post: Post) -> set[UUID]:
    """End what he may read of confidential matters by this post; all of it where he holds no other. The open matters."""
    reviewed = _to_review(post)
    rows = db.session.execute(
        select(Audience, Matter, Content)
        .join(Matter, Matter.id == Audience.record_id)
        .join(Content, Content.record_id == Matter.id)
        .where(Audience.person_id == post.person_id, audience.reading_now())
        .options(as_seen_by(SYSTEM))
    ).all()
    if not rows:
        return reviewed
    stays = bool(db.session.scalar(select(exists().where(Post.person_id == post.person_id, in_force(clock.today())))))
    left: dict[UUID, Matter] = {}
    for one, matter, content in rows:
        if stays and not _by_post(one.cause, matter, content, post):
            continue
        one.to_at = clock.now()
        left[matter.id] = matter
    db.session.flush()
    for matter_id, matter in left.items():
        if not matter.open:
            index_viewers(*_matter(matter_id))
    return {matter_id for matter_id, matter in left.items() if matter.open} | reviewed


def _to_review(post: Post) -> set[UUID]:
    """The open confidential matters of this office that he would review once they are issued, read by him or not yet:
    nobody is named for them any more."""
    contents = db.session.scalars(
        select(Content)
        .join(Matter, Matter.id == Content.record_id)
        .where(Content.reviewer_id == post.person_id, Content.confidential, Matter.state.not_in(ENDED))
        .where(Matter.supervising_unit_id == post.for_unit_id)
        .options(as_seen_by(SYSTEM))
    ).all()
    for content in contents:
        content.reviewer_id = None
    db.session.flush()
    return {content.record_id for content in contents}


def _by_post(cause: str, matter: Matter, content: Content, post: Post) -> bool:
    if cause == audience.HANDLER:
        return content.handler_post_id == post.id
    if cause in _OFFICE:
        supervises = post.role in SUPERVISION or (not matter.supervised_by_office and post.role == Role.OFFICE_DIRECTOR)
        return supervises and post.for_unit_id == matter.supervising_unit_id
    return False  # signers leave with their step, the linked leader with his last post


def _somebody_must_be_named(actor: Actor | System, standing: Standing | None, matter_id: UUID, leaver_id: int) -> None:
    matter, content = _matter(matter_id)
    entry = journal.record(actor, "person_left", "matter", matter.id, standing=standing, confidential=True)
    told = [one for one in notices.supervisors(matter) if one != leaver_id]
    notices.notify(matter, content, entry, "person_left", told)
    index_viewers(matter, content)


def describe(actor: Actor, handover_id: int) -> list[Line]:
    """A handover's items as this reader sees them: a matter that he may not read is not there; of one whose shell alone
    he sees, the title is not."""
    rows = db.session.execute(
        select(HandoverItem, Matter, Content)
        .join(Matter, Matter.id == HandoverItem.record_id)
        .outerjoin(Content, Content.record_id == Matter.id)
        .where(HandoverItem.handover_id == handover_id)
        .options(joinedload(HandoverItem.receiver), as_seen_by(actor))
        .order_by(HandoverItem.id)
    )
    return [
        Line(
            matter.number, content.title if content else None, TASKS[item.task],
            item.receiver.name if item.receiver else None, matter.id,
        )
        for item, matter, content in rows
    ]  # fmt: skip
