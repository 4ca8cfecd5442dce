"""A matter comes into being: number, deadline, clocks, first readers. Used by registration, forwarding and new rounds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, cast
from uuid import UUID, uuid4

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.attributes import set_committed_value

from portal.access.actor import SYSTEM, Actor, Standing
from portal.access.record import FILED_ONCE, Record
from portal.access.visibility import as_seen_by
from portal.audit import journal
from portal.deadlines.rules import SourceLevel, Urgency
from portal.documents.numbering import bracketed, next_number
from portal.kernel import clock
from portal.kernel.db import current_city, db
from portal.kernel.language import _
from portal.kernel.refusals import Invalid
from portal.kernel.writing import go_on_with, write_together
from portal.matters import audience, clocks
from portal.matters.around import around
from portal.matters.kinds import MatterKind
from portal.matters.models import Content, CoUnit, Matter, SearchEntry
from portal.matters.readers import insert_viewers
from portal.matters.sameness import take_fingerprint
from portal.matters.search import grams
from portal.matters.workflow import lines
from portal.network.models import Unit
from portal.network.queries import has_supervision_office
from portal.papers.models import Paper
from portal.registry.kinds import KINDS
from portal.vault.encrypted_fields import digest_of


@dataclass(frozen=True, slots=True)
class NewMatter:
    """What is to become a matter of this kind. Units are loaded records of this city; `co_units` are (unit, task, countersigns)."""

    kind: str
    registering_unit: Unit
    source_level: SourceLevel
    urgency: Urgency
    confidential: bool
    instructed_on: date
    received_on: date
    title: str
    text: str
    leader: str
    leader_id: int | None = None
    document_number: str | None = None
    requirement: str | None = None
    paper_number: str | None = None
    lead_unit: Unit | None = None
    co_units: tuple[tuple[Unit, str | None, bool], ...] = ()
    request_key: UUID | None = None
    parent: Matter | None = None
    previous: Matter | None = None
    due_on: date | None = None  # given by hand; else the rule's


class DuplicateSubmission(Exception):
    """This very form has registered a matter already; the transaction is undone."""

    def __init__(self, before: Matter) -> None:
        super().__init__(str(before.id))
        self.before = before


def registered_under(actor: Actor, kind: str, key: UUID) -> UUID | None:
    """What of this kind the person has registered by the form of this key."""
    filed = Record.city_id == current_city(), Record.request_key == key, Record.created_by_id == actor.person_id
    return db.session.scalar(select(Record.id).where(*filed, Record.kind == kind).options(as_seen_by(SYSTEM)))


def create(actor: Actor, standing: Standing, new: NewMatter, *, entry: str = "register") -> tuple[Matter, Content]:
    """Write the matter with its number, deadline and clocks. A form sent twice, even twice at the same moment, is known
    by its key: raises DuplicateSubmission with what it registered first."""
    kind, year = cast("MatterKind", KINDS[new.kind]), clock.today().year
    if new.confidential and not kind.may_be_confidential:
        raise Invalid(_("%(kind)s不设限定知悉", kind=kind.label))
    series = kind.series(new.confidential)
    sequence = next_number(new.registering_unit.id, series, year)
    record = Record(
        id=uuid4(),
        kind=new.kind,
        confidential=new.confidential,
        unit_id=new.registering_unit.id,
        series=series,
        year=year,
        sequence=sequence,
        number=bracketed(kind.mark_of(new.registering_unit, new.confidential), year, sequence),
        request_key=new.request_key or uuid4(),
        created_at=clock.now(),
        created_by_id=actor.person_id,
    )
    matter = Matter(
        id=record.id,
        paper_number=new.paper_number,
        confidential=new.confidential,
        source_level=SourceLevel(new.source_level),
        urgency=Urgency(new.urgency),
        instructed_on=new.instructed_on,
        received_on=new.received_on,
        lead_unit_id=new.lead_unit.id if new.lead_unit else None,
        lead_unit_name=new.lead_unit.name if new.lead_unit else None,
        supervising_unit_id=new.registering_unit.id,
        supervised_by_office=has_supervision_office(new.registering_unit.id) if new.parent else True,
        round=new.previous.round + 1 if new.previous else 1,
        previous_id=new.previous.id if new.previous else None,
        parent_id=new.parent.id if new.parent else None,
        original_due_on=new.received_on,
        due_on=new.received_on,
        given_due_on=new.due_on,
    )
    for name, known in (
        ("record", record),
        ("registering_unit", new.registering_unit),
        ("lead_unit", new.lead_unit),
        ("supervising_unit", new.registering_unit),
    ):
        set_committed_value(matter, name, known)
    deadline = clocks.original_term(matter, new.parent.due_on if new.parent else None)
    matter.original_due_on = matter.due_on = deadline.due_on
    content = Content(
        record_id=matter.id,
        confidential=new.confidential,
        leader_id=new.leader_id,
        parts=[],
        title=new.title,
        text=new.text,
        leader=new.leader,
        document_number=new.document_number,
        requirement=new.requirement,
    )
    try:
        write_together(record, matter)
    except IntegrityError as conflict:
        raise _filed_before(conflict, record.request_key) from conflict
    go_on_with(record, matter)
    take_fingerprint(matter, content)
    keep_co_units(matter, content, new.co_units)
    if matter.confidential:
        audience.admit(matter.id, [actor.person_id], audience.REGISTRAR)
        if new.leader_id:
            audience.admit(matter.id, [new.leader_id], audience.LEADER)
    write_together(
        content,
        *searched(matter, content),
        *clocks.first_clocks(matter, deadline),
        *lines(matter, entry, actor, standing, dated=entry == "register", office=True),
        journal.line(
            actor, entry, "matter", matter.id, standing=standing, confidential=matter.confidential, after=facts(matter, content)
        ),
        insert_viewers(matter, content, around(matter, content)),
    )
    go_on_with(content)
    return matter, content


def _filed_before(conflict: IntegrityError, key: UUID) -> Exception:
    diagnosis = getattr(conflict.orig, "diag", None)
    if diagnosis is None or diagnosis.constraint_name != FILED_ONCE:
        return conflict
    db.session.rollback()
    before = select(Matter).join(Record, Record.id == Matter.id).where(Record.request_key == key).options(as_seen_by(SYSTEM))
    return DuplicateSubmission(db.session.scalars(before).one())


def keep_co_units(matter: Matter, content: Content, wanted: tuple[tuple[Unit, str | None, bool], ...]) -> None:
    """These units help; a confidential matter has none."""
    if matter.confidential or not wanted:
        return
    db.session.add_all(
        CoUnit(matter_id=matter.id, unit_id=unit.id, unit_name=unit.name, task=task, countersigns=countersigns)
        for unit, task, countersigns in wanted
    )
    content.mark("co_unit")
    db.session.flush()


def index_words(matter: Matter, content: Content) -> None:
    """Write anew what search may look in, and by what its paper is recognised."""
    take_fingerprint(matter, content)
    numbers: list[str | None] = []
    if content.has("report"):
        own = select(Paper.document_number).where(Paper.record_id == matter.id).options(as_seen_by(SYSTEM))
        numbers = list(db.session.scalars(own))
    db.session.execute(delete(SearchEntry).where(SearchEntry.record_id == matter.id))
    write_together(*searched(matter, content, numbers))


def searched(matter: Matter, content: Content, reports: Iterable[str | None] = ()) -> list[SearchEntry]:
    """What search may look in, with the numbers of its reports: of a confidential matter, and of a void number, number and
    unit alone."""
    held = {"shell": grams(matter.number, matter.lead_unit_name)}
    if not matter.confidential and not content.has("void"):
        held["words"] = grams(content.title, content.leader, content.document_number, *reports)
    return [
        SearchEntry(record_id=matter.id, part=part, confidential=matter.confidential, grams=pairs) for part, pairs in held.items()
    ]


def facts(matter: Matter, content: Content) -> dict[str, Any]:
    """The matter as the journal keeps it: facts of the shell, digests of the words."""
    return {
        "number": matter.number,
        "source_level": str(matter.source_level),
        "urgency": str(matter.urgency),
        "received_on": matter.received_on.isoformat(),
        "instructed_on": matter.instructed_on.isoformat(),
        "lead_unit_id": matter.lead_unit_id,
        "due_on": matter.due_on.isoformat(),
        "words": digest_of(content),
    }
