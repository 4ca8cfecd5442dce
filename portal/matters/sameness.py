"""What makes two papers the same one, and how one is recognised when it comes again, by form or in a workbook: by one digest of
its words, kept beside them and looked up by an index.

An open one's digest is plain: whoever reads it in the database reads the words in the same row. A confidential one's takes the
vault's key and the office that registered it: neither who only reads the database can make it, nor who reads it and registers
papers for another office.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import NamedTuple, Self
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select

from portal.access.actor import SYSTEM, Actor
from portal.access.record import Record
from portal.access.visibility import as_seen_by, may_see
from portal.deadlines.rules import SourceLevel
from portal.kernel.db import current_city, db
from portal.kernel.text import folded
from portal.matters.models import Content, Matter, State
from portal.vault.encrypted_fields import keyed_digests

_AT_ONCE = 1000


class Paper(NamedTuple):
    """The words that are compared, folded: made by `of`."""

    title: str
    leader: str
    document_number: str

    @classmethod
    def of(cls, title: str, leader: str, document_number: str | None) -> Self:
        """The paper that is written so, or otherwise."""
        return cls(folded(title), folded(leader), folded(document_number))


@dataclass(frozen=True, slots=True)
class Registered:
    """A matter on such a paper. One that is not `readable` is confidential, and known by its number alone."""

    paper: Paper
    matter_id: UUID
    number: str
    source_level: SourceLevel
    instructed_on: date
    confidential: bool
    readable: bool


def registered(actor: Actor, kind: str, papers: Iterable[Paper], *which: ColumnElement[bool]) -> list[Registered]:
    """The matters of this kind on these papers that are not withdrawn, the newest first, as far as this person may be told: open
    ones that they may read, and confidential ones that their own office registered, readable or not. One statement."""
    offices = {unit_id for standing in actor.standings if standing.sees_shells for unit_id in standing.keeps}
    wanted = {print_: paper for paper in set(papers) for print_ in _prints(paper, offices)}
    if not wanted:
        return []
    readable = may_see(Content, actor)
    rows = db.session.execute(
        select(
            Content.fingerprint,
            Matter.id,
            Record.number,
            Matter.source_level,
            Matter.instructed_on,
            Matter.confidential,
            readable.label("readable"),
        )
        .join(Content, Content.record_id == Matter.id)
        .join(Record, Record.id == Matter.id)
        .where(
            Content.city_id == current_city(),
            Content.fingerprint.in_(wanted),
            Record.kind == kind,
            Matter.parent_id.is_(None),
            Matter.state != State.WITHDRAWN,
            or_(readable, and_(Matter.confidential, may_see(Matter, actor))),
            *which,
        )
        .order_by(Record.created_at.desc())
        .options(as_seen_by(SYSTEM))
    )
    return [
        Registered(wanted[print_ or ""], matter_id, number or "", level, day, confidential, bool(reads))
        for print_, matter_id, number, level, day, confidential, reads in rows
    ]


def take_fingerprint(matter: Matter, content: Content) -> None:
    """Keep by what the paper is recognised, as its words are now; a void number has none."""
    if content.title is None:
        content.fingerprint = None
        return
    paper = Paper.of(content.title, content.leader, content.document_number)
    content.fingerprint = _keyed(paper, matter.registering_unit_id)[0] if matter.confidential else plain_print(paper)


def take_missing() -> None:
    """Of confidential papers that were registered by an earlier version: without the vault's key no migration could. Part of
    every sweep; costs nothing where none is missing."""
    rows = db.session.execute(
        select(Matter, Content)
        .join(Content, Content.record_id == Matter.id)
        .where(Content.city_id == current_city(), Content.fingerprint.is_(None), Content.confidential)
        .limit(_AT_ONCE)
        .options(as_seen_by(SYSTEM))
    ).all()
    for matter, content in rows:
        take_fingerprint(matter, content)


def _prints(paper: Paper, offices: Collection[int]) -> list[str]:
    return [plain_print(paper), *(print_ for office in offices for print_ in _keyed(paper, office))]


def plain_print(paper: Paper) -> str:
    """Of an open one, as migration 0021 takes it of what is registered already."""
    return sha256("\n".join(paper).encode()).hexdigest()


def _keyed(paper: Paper, office: int) -> list[str]:
    return keyed_digests(paper, f"paper:{current_city()}:{office}")
