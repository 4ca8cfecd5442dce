"""What follows in the business when the tree of units is changed: registered with `network`, which knows no matter.

A unit that is no more hands everything open to the one that takes over: what it leads, what it helps with, what its
supervision office supervises, and the steps of running sign-offs that wait in its seats. Each matter says so in its
history, with the name the unit bore. What has ended stays as it was.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, insert, literal_column, or_, select
from sqlalchemy.orm import joinedload

from portal.access.actor import SYSTEM, Actor, Standing, System
from portal.access.models import Viewer
from portal.access.record import Record
from portal.access.roles import Role
from portal.access.visibility import as_seen_by
from portal.audit import journal
from portal.kernel import clock
from portal.kernel.db import db
from portal.matters import audience, notices
from portal.matters.around import around
from portal.matters.models import ENDED, Content, CoUnit, Matter
from portal.matters.queries import whole_content
from portal.matters.readers import viewer_rows
from portal.matters.reseat import reseat
from portal.matters.service.creation import index_words
from portal.matters.views import lamp_of
from portal.matters.workflow import write_entry
from portal.network.business import OpenMatter
from portal.network.models import Post, Unit
from portal.network.queries import has_supervision_office, in_force
from portal.papers.models import Paper, SignOff, Step
from portal.papers.steps import unsigned_steps

_AT_ONCE = 500
# As the index of open matters says it, so that it is used whatever the parameters.
_OPEN: ColumnElement[bool] = literal_column("matter.state NOT IN ('closed', 'withdrawn')")


def open_led_by(actor: Actor, unit_id: int, most: int) -> list[OpenMatter]:
    """The unit's open matters that this reader may see, by due date; of shells no title. One statement."""
    rows = db.session.execute(
        select(Matter, Content)
        .outerjoin(Content, Content.record_id == Matter.id)
        .where(Matter.lead_unit_id == unit_id, _OPEN)
        .order_by(Matter.due_on, Matter.id)
        .limit(most)
        .options(as_seen_by(actor))
    )
    return [
        OpenMatter(
            matter.kind, matter.id, matter.number, content.title if content else None, str(matter.state.label), matter.due_on,
            lamp_of(matter),
        )
        for matter, content in rows
    ]  # fmt: skip


def seats(unit_ids: Collection[int]) -> set[tuple[int, Role]]:
    """The seats of these units for which an open matter's running sign-off still waits."""
    found = unsigned_steps().join(Paper, Paper.id == SignOff.paper_id).where(Step.unit_id.in_(unit_ids), ~Paper.confidential)
    return {(step.unit_id, Role(step.role)) for step in db.session.scalars(found)}


def moved(unit_ids: Collection[int]) -> None:
    """Units stand elsewhere in the tree: whoever supervises and leads above them now reads their matters."""
    reindex(select(Matter.id).where(Matter.lead_unit_id.in_(unit_ids)))


def reindex(which: Any) -> int:
    """Write the viewer rows of these matters anew, in bulk; how many matters."""
    ids = list(db.session.scalars(which.options(as_seen_by(SYSTEM))))
    db.session.flush()
    for start in range(0, len(ids), _AT_ONCE):
        some = ids[start : start + _AT_ONCE]
        pairs = db.session.execute(
            select(Matter, Content)
            .join(Content, Content.record_id == Matter.id)
            .where(Matter.id.in_(some))
            .options(joinedload(Matter.lead_unit), as_seen_by(SYSTEM))
        ).all()
        db.session.execute(delete(Viewer).where(Viewer.record_id.in_(some)).execution_options(synchronize_session=False))
        rows = [row for matter, content in pairs for row in viewer_rows(matter, content, around(matter, content))]
        db.session.execute(insert(Viewer), rows)
    return len(ids)


def follow(actor: Actor | System, standing: Standing | None, former: Unit, heir: Unit) -> None:
    """All open business of `former` goes on with `heir`, confidential or not. The one who changes the tree learns nothing
    of it: the entries are the matters' own."""
    _hold(former)
    helped = _co_units(actor, standing, former, heir)
    countersigned = _steps(former, heir)
    pairs = db.session.execute(
        select(Matter, Content)
        .join(Content, Content.record_id == Matter.id)
        .join(Record, Record.id == Matter.id)
        .where(or_(Matter.lead_unit_id == former.id, Matter.supervising_unit_id == former.id), _OPEN)
        .order_by(Record.created_at, Record.id)
        .options(joinedload(Matter.lead_unit), joinedload(Matter.supervising_unit), as_seen_by(SYSTEM))
    ).all()
    office = has_supervision_office(heir.id)
    touched = {*helped, *countersigned}
    for matter, content in pairs:
        touched.add(matter.id)
        if matter.supervising_unit_id == former.id:
            matter.supervising_unit, matter.supervising_unit_id = heir, heir.id
            matter.supervised_by_office = office or matter.parent_id is None
        if matter.lead_unit_id == former.id:
            _take_over(actor, standing, matter, content, former, heir)
    db.session.flush()
    for matter_id in countersigned:
        matter = db.session.scalars(select(Matter).where(Matter.id == matter_id).options(as_seen_by(SYSTEM))).one()
        reseat(actor, matter, whole_content(matter))
    family = select(Matter.parent_id).where(Matter.id.in_(touched), Matter.parent_id.is_not(None))
    touched |= set(db.session.scalars(family.options(as_seen_by(SYSTEM))))
    children = select(Matter.id).where(Matter.parent_id.in_(touched))
    touched |= set(db.session.scalars(children.options(as_seen_by(SYSTEM))))
    reindex(select(Matter.id).where(Matter.id.in_(touched)))


def _hold(former: Unit) -> None:
    """Whoever is at one of these matters at this moment is waited for before anything of it is looked at or written; what
    comes after finds it changed."""
    helps = select(CoUnit.matter_id).where(CoUnit.unit_id == former.id)
    waits = select(Step.record_id).where(Step.unit_id == former.id)
    held = (
        select(Matter.id)
        .where(or_(Matter.lead_unit_id == former.id, Matter.supervising_unit_id == former.id,
                   Matter.id.in_(helps), Matter.id.in_(waits)), _OPEN)
        .order_by(Matter.id)
        .with_for_update(of=Matter)
        .options(as_seen_by(SYSTEM))
    )  # fmt: skip
    db.session.scalars(held).all()


def _take_over(
    actor: Actor | System, standing: Standing | None, matter: Matter, content: Content, former: Unit, heir: Unit
) -> None:
    bore = matter.lead_unit_name or former.name
    matter.lead_unit, matter.lead_unit_id, matter.lead_unit_name = heir, heir.id, heir.name
    matter.version += 1
    gone = content.handler_id
    if not _still_held(content.handler_post_id):
        content.handler_id = content.handler_post_id = None
        if matter.confidential:
            audience.shut_out(matter.id, audience.HANDLER)
    index_words(matter, content)
    write_entry(matter, "unit_followed", actor, standing, facts={"unit": heir.name, "former": bore}, dated=True)
    entry = journal.record(
        actor,
        "unit_followed",
        "matter",
        matter.id,
        standing=standing,
        confidential=matter.confidential,
        before={"lead_unit_id": former.id},
        after={"lead_unit_id": heir.id},
    )
    desk = [*notices.lead_desk(matter), *notices.supervisors(matter)]
    told = [*desk, content.handler_id] if content.handler_id else desk
    notices.notify_in_turn(
        matter,
        content,
        entry,
        ("unit_followed", [one for one in told if one]),
        ("handler_replaced", [gone] if gone and gone != content.handler_id else []),
    )


def _still_held(post_id: int | None) -> bool:
    if post_id is None:
        return True  # nobody was named yet
    post = db.session.get(Post, post_id)
    return post is not None and (post.to_on is None or post.to_on > clock.today())


def _co_units(actor: Actor | System, standing: Standing | None, former: Unit, heir: Unit) -> list[UUID]:
    """Where the former unit helped with an open matter the heir helps, unless it leads or helps already."""
    rows = db.session.execute(
        select(CoUnit, Matter, Content)
        .join(Matter, Matter.id == CoUnit.matter_id)
        .join(Content, Content.record_id == Matter.id)
        .where(CoUnit.unit_id == former.id, Matter.state.not_in(ENDED))
        .options(as_seen_by(SYSTEM))
    ).all()
    there = set(
        db.session.scalars(
            select(CoUnit.matter_id)
            .where(CoUnit.unit_id == heir.id, CoUnit.matter_id.in_([matter.id for _row, matter, _content in rows]))
            .options(as_seen_by(SYSTEM))
        )
    )
    staying = _holding_posts(heir.id, [row.handler_id for row, _m, _c in rows if row.handler_id])
    unnamed = []
    for row, matter, content in rows:
        if matter.id not in there and matter.lead_unit_id not in (heir.id, former.id):
            # Whoever did not come along does not help any more; the new desk names somebody.
            handler_id = row.handler_id if row.handler_id in staying else None
            kept = {"task": row.task, "countersigns": row.countersigns, "handler_id": handler_id}
            db.session.add(CoUnit(matter_id=matter.id, unit_id=heir.id, unit_name=heir.name, **kept))
            if row.handler_id is not None and handler_id is None:
                unnamed.append((matter, content))
        db.session.delete(row)
    led = db.session.execute(
        select(CoUnit)
        .join(Matter, Matter.id == CoUnit.matter_id)
        .where(CoUnit.unit_id == heir.id, Matter.lead_unit_id == former.id, Matter.state.not_in(ENDED))
        .options(as_seen_by(SYSTEM))
    ).scalars()
    for row in led:  # who leads does not help
        db.session.delete(row)
    db.session.flush()
    for matter, content in unnamed:
        entry = journal.record(actor, "unit_followed", "matter", matter.id, standing=standing)
        notices.notify(matter, content, entry, "co_assigned", notices.helpers(matter, (heir.id,)))
    return [matter.id for _row, matter, _content in rows]


def _holding_posts(unit_id: int, persons: Collection[int]) -> set[int]:
    """Which of these persons hold a post for the unit today."""
    found = select(Post.person_id).where(Post.for_unit_id == unit_id, Post.person_id.in_(persons), in_force(clock.today()))
    return set(db.session.scalars(found))


def _steps(former: Unit, heir: Unit) -> list[UUID]:
    """Steps of running sign-offs that are not yet signed go to the heir's seats; whose matters these are."""
    steps = list(db.session.scalars(unsigned_steps().where(Step.unit_id == former.id)))
    for step in steps:
        step.unit_id = heir.id
    db.session.flush()
    return list(dict.fromkeys(step.record_id for step in steps))
