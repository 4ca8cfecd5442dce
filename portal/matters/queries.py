"""Reading a matter and its parts, always for somebody. Parts are asked for only where the content says there are any."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Select, String, Uuid, and_, any_, bindparam, func, literal, or_, select
from sqlalchemy.orm import aliased, joinedload
from sqlalchemy.orm.attributes import set_committed_value

from portal.access.actor import SYSTEM, Actor, System
from portal.access.visibility import SEEN_BY, as_seen_by
from portal.kernel import clock
from portal.kernel.db import db
from portal.kernel.language import _
from portal.kernel.refusals import Invisible, Unconfirmed
from portal.kernel.statements import Kept
from portal.matters.models import Attachment, Clock, Content, CoUnit, Entry, Extension, Matter, Milestone, State
from portal.network.models import Unit
from portal.network.queries import name_then
from portal.papers.models import Paper
from portal.papers.steps import step_now

_WHOLE = Kept()
MOST_ENTRIES = 300  # of 办理经过, on a page


def still_reads(actor: Actor, matter: Matter) -> bool:
    """Whether there is anything of the matter for this reader, now that an act has moved it: as its index has just been
    written, where it has."""
    if matter.readers is not None:
        return not matter.readers.isdisjoint(actor.principals)
    found = db.session.scalar(select(Matter.id).where(Matter.id == matter.id).options(as_seen_by(actor)))
    return found is not None


def get_matter(actor: Actor, matter_id: UUID) -> Matter:
    """The matter as this reader sees it: `content` is None where he sees the shell alone; `closing` and `feedback` are
    its clocks. Invisible where there is nothing for him; Unconfirmed where it is confidential content and he has not
    shown lately that it is he."""
    return _whole(actor, "matter", _matter, matter_id)[0]


def with_paper(actor: Actor, paper_id: UUID) -> tuple[Matter, Paper]:
    """One paper and its matter, as `one` gives it."""
    matter, row = _whole(actor, "paper", _paper, paper_id)
    return matter, row.Paper


def _matter() -> Select[Any]:
    return _with_all(select(Matter), Matter.id)


def _paper() -> Select[Any]:
    papers = select(Matter, Paper).join(Paper, Paper.record_id == Matter.id).options(joinedload(Paper.drafter))
    return _with_all(papers, Paper.id)


def _with_all(wanted: Any, key: Any) -> Select[Any]:
    """The statement for the one matter with this key, and what belongs to it."""
    closing, feedback = aliased(Clock, name="closing"), aliased(Clock, name="feedback")
    statement: Select[Any] = (
        wanted.add_columns(Content, closing, feedback)
        .outerjoin(Content, Content.record_id == Matter.id)
        .outerjoin(closing, (closing.record_id == Matter.id) & (closing.kind == "closing"))
        .outerjoin(feedback, (feedback.record_id == Matter.id) & (feedback.kind == "first_feedback"))
        .where(key == bindparam("key", type_=Uuid))
        .options(
            joinedload(Matter.lead_unit).undefer(Unit.has_below),
            joinedload(Matter.registering_unit),
            joinedload(Matter.supervising_unit),
            joinedload(Content.handler),
        )
    )
    return statement


def _whole(actor: Actor, shape: str, build: Callable[[], Select[Any]], key: UUID) -> tuple[Matter, Any]:
    """The one matter of a statement for such, with what belongs to it, and its row."""
    row = _WHOLE.execute(shape, build, {"key": key}, {SEEN_BY: actor}).first()
    if row is None:
        raise Invisible
    matter, content = row.Matter, row.Content
    if matter.confidential and content is not None:
        require_recent_authentication(actor)
    set_committed_value(matter, "content", content)
    matter.closing, matter.feedback = row.closing, row.feedback
    matter.registering_name = name_then(matter.registering_unit, matter.registered_at)
    if content is not None and content.has("co_unit"):
        matter.co_units = co_units(actor, matter)
        matter.co_unit_ids = tuple(c.unit_id for c in matter.co_units)
    if matter.state == State.IN_SIGN_OFF and content is not None:
        matter.step_now = step_now(matter.id)
    return matter, row


def require_recent_authentication(actor: Actor) -> None:
    """What is confidential opens to whoever has shown lately that it is he: a quarter hour after sign-in or confirming."""
    if not actor.confirmed:
        raise Unconfirmed(_("请再次确认身份"))


def whole_content(matter: Matter) -> Content:
    """The content as an act needs it, whoever acts; never shown."""
    known: Content | None = matter.__dict__.get("content")  # loaded with it, for a reader who may see it
    if known is not None:
        return known
    return db.session.scalars(select(Content).where(Content.record_id == matter.id).options(as_seen_by(SYSTEM))).one()


def co_units(actor: Actor | System, matter: Matter) -> list[CoUnit]:
    """Who helps."""
    return list(
        db.session.scalars(
            select(CoUnit)
            .where(CoUnit.matter_id == matter.id)
            .options(joinedload(CoUnit.unit), as_seen_by(actor))
            .order_by(CoUnit.unit_id)
        )
    )


@dataclass(frozen=True, slots=True)
class Around:
    """What stands around a matter on its page: 办理经过 newest first, the instruction's own papers, the request for
    extension that waits, the matters forwarded from this one, and its other rounds and origin; as far as the reader sees."""

    entries: list[Entry]
    papers: list[Attachment]
    asked: Extension | None
    children: list[Matter]
    related: list[Matter]


def around(actor: Actor, matter: Matter) -> Around:
    """All that is around the matter, in one statement: a row for each kind of thing there may be, beside it the things
    of that kind."""
    parts = matter.content.parts if matter.content else ()
    kinds: list[Any] = [Entry]
    if "attachment" in parts:
        kinds.append(Attachment)
    if matter.extension_pending:
        kinds.append(Extension)
    if "child" in parts or matter.previous_id or matter.parent_id or not matter.open:
        kinds.append(Matter)
    values = {
        "matter_id": matter.id,
        "before": [one for one in (matter.previous_id, matter.parent_id) if one],
    }
    shape = "around", *(model.__name__ for model in kinds)
    rows = _WHOLE.execute(shape, lambda: _around(kinds), values, {SEEN_BY: actor}).all()
    found: dict[Any, list[Any]] = {
        model: [row[place] for row in rows if row[place] is not None] for place, model in enumerate(kinds)
    }
    papers = sorted(found.get(Attachment, ()), key=lambda paper: (paper.added_at, paper.id))
    family = sorted(found.get(Matter, ()), key=lambda other: (other.registered_at, other.number))
    return Around(
        entries=found[Entry],
        papers=papers,
        asked=next(iter(found.get(Extension, ())), None),
        children=[other for other in family if other.parent_id == matter.id],
        related=[other for other in family if other.parent_id != matter.id],
    )


def _around(kinds: Sequence[Any]) -> Select[Any]:
    matter_id: Any = bindparam("matter_id", type_=Uuid)
    belonging: dict[Any, ColumnElement[bool]] = {
        Entry: Entry.record_id == matter_id,
        Attachment: and_(Attachment.record_id == matter_id, Attachment.paper_id.is_(None)),
        Extension: and_(Extension.record_id == matter_id, Extension.decided_at.is_(None)),
        Matter: or_(
            Matter.parent_id == matter_id,
            Matter.previous_id == matter_id,
            Matter.id == any_(bindparam("before", type_=ARRAY(Uuid()))),
        ),
    }
    # Not VALUES, which SQLAlchemy compiles anew each time.
    named = func.unnest(literal([model.__name__ for model in kinds], ARRAY(String))).table_valued("kind").render_derived()
    statement: Select[Any] = select(*kinds).select_from(named)
    for model in kinds:
        statement = statement.outerjoin(model, and_(named.c.kind == model.__name__, belonging[model]))
    loads = [joinedload(Entry.person), *([joinedload(Matter.lead_unit)] if Matter in kinds else [])]
    # Whatever is no entry has no sequence and comes first: the limit is on entries.
    return statement.options(*loads).order_by(Entry.sequence.desc().nulls_first()).limit(MOST_ENTRIES)


def returns(actor: Actor, matter: Matter) -> list[Entry]:
    """When, by whom and why a report of the unit that has it came back to be written on: returned for rework, sent back,
    recalled, overtaken by a correction; newest first."""
    return list(
        db.session.scalars(
            select(Entry)
            .where(Entry.record_id == matter.id, Entry.kind.in_(("return_for_rework", "send_back", "recall", "end_sign_off")))
            .where(Entry.at >= matter.assigned_at)
            .options(joinedload(Entry.person), as_seen_by(actor))
            .order_by(Entry.sequence.desc())
        )
    )


def milestones(actor: Actor, matter: Matter) -> list[Milestone]:
    """The dates of the shell, newest first."""
    return list(
        db.session.scalars(
            select(Milestone)
            .where(Milestone.record_id == matter.id)
            .options(joinedload(Milestone.unit), as_seen_by(actor))
            .order_by(Milestone.at.desc(), Milestone.id.desc())
        )
    )


def first_assigned_on(matter: Matter) -> date | None:
    """The day on which the matter was first assigned, whatever became of that assignment."""
    at = db.session.scalar(
        select(func.min(Milestone.at))
        .where(Milestone.record_id == matter.id, Milestone.kind.in_(("assign", "forward")))
        .options(as_seen_by(SYSTEM))
    )
    return clock.local(at).date() if at else None


def attachments(actor: Actor, matter: Matter, report_id: UUID | None = None) -> list[Attachment]:
    """The papers of the instruction itself, or of one report."""
    if matter.content is not None and not matter.content.has("attachment"):
        return []
    return list(
        db.session.scalars(
            select(Attachment)
            .where(
                Attachment.record_id == matter.id,
                Attachment.paper_id.is_(None) if report_id is None else Attachment.paper_id == report_id,
            )
            .options(as_seen_by(actor))
            .order_by(Attachment.added_at, Attachment.id)
        )
    )


def attachment(actor: Actor, attachment_id: UUID) -> Attachment:
    """One file."""
    found = db.session.scalars(select(Attachment).where(Attachment.id == attachment_id).options(as_seen_by(actor))).first()
    if found is None:
        raise Invisible
    if found.confidential:
        require_recent_authentication(actor)
    return found


def extensions(actor: Actor, matter: Matter) -> list[Extension]:
    """Requests for extension, newest first."""
    return list(
        db.session.scalars(
            select(Extension).where(Extension.record_id == matter.id).options(as_seen_by(actor)).order_by(Extension.asked_at.desc())
        )
    )
