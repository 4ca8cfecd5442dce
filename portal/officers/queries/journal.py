"""The journal as the auditor reads it: pages, the names that entries need, and restricted entries folded between them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, literal, or_, select, union_all

from portal.access.roles import OFFICERS, Role
from portal.audit.models import JournalEntry
from portal.identity.models import Person
from portal.kernel.db import current_city, db
from portal.network.models import Post, Unit

PAGE_SIZE = 50
MOST_EXPORTED = 20_000
MOST_RESTRICTED = 2000  # restricted entries between two shown ones; more are not counted


@dataclass(frozen=True, slots=True)
class Asked:
    """What of the journal is asked for. Naming a person, an act or a kind leaves restricted entries out altogether, so
    that nothing is learnt of them by asking."""

    from_at: datetime | None = None
    until: datetime | None = None
    person: str = ""
    acts: tuple[str, ...] = ()
    kind: str = ""
    officers: bool = False

    @property
    def narrows(self) -> bool:
        """Asks for more than a time."""
        return bool(self.person or self.acts or self.kind or self.officers)


@dataclass(frozen=True, slots=True)
class Line:
    """One entry with the names it needs; or, where `entry` is None, restricted entries, with time and number alone."""

    entry: JournalEntry | None
    person: str = ""
    unit: str = ""
    role: Role | None = None
    subject: str = ""
    count: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class JournalPage:
    """Entries, newest first; `older` and `newer` are where the neighbouring pages begin."""

    lines: list[Line]
    newer: int | None
    older: int | None


def _entries(asked: Asked) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = [JournalEntry.city_id == current_city()]
    if asked.from_at:
        where.append(JournalEntry.at >= asked.from_at)
    if asked.until:
        where.append(JournalEntry.at < asked.until)
    if asked.person:
        named = or_(Person.name == asked.person, Person.sign_in_name == asked.person)
        where.append(JournalEntry.person_id.in_(select(Person.id).where(Person.city_id == current_city(), named)))
    if asked.officers:
        held = select(Post.person_id).where(Post.city_id == current_city(), Post.role.in_(OFFICERS))
        where.append(JournalEntry.person_id.in_(held))
    if asked.acts:
        where.append(JournalEntry.act.in_(asked.acts))
    if asked.kind:
        where.append(JournalEntry.subject_kind == asked.kind)
    return where


def journal_page(asked: Asked, before: int | None = None, after: int | None = None, size: int = PAGE_SIZE) -> JournalPage:
    """One page of the journal. Restricted entries do not count for its length: they stand folded between the others."""
    found = _open_entries(asked)
    if before is not None:
        found = found.where(JournalEntry.id < before)
    if after is not None:
        found = found.where(JournalEntry.id > after)
    order = JournalEntry.id.asc() if after is not None else JournalEntry.id.desc()
    rows = list(db.session.execute(found.order_by(order).limit(size + 1)))
    more, rows = len(rows) > size, rows[:size]
    if after is not None:
        rows.reverse()
    ids = [row.JournalEntry.id for row in rows]
    has_older = more if after is None else bool(ids)
    has_newer = more if after is not None else before is not None
    lines = _lines(rows)
    if not asked.narrows:
        lower = ids[-1] if ids and has_older else 0
        upper = before if before is not None else ids[0] + 1 if after is not None and more else None
        lines = _folded(lines, _restricted(asked, lower, upper))
    return JournalPage(lines, newer=ids[0] if ids and has_newer else None, older=ids[-1] if ids and has_older else None)


def every_entry(asked: Asked) -> Iterator[Line]:
    """The entries asked for, newest first, restricted ones with their time alone; at most 20,000."""
    before, left = None, MOST_EXPORTED
    while left > 0:
        page = journal_page(asked, before=before, size=min(500, left))
        yield from page.lines
        left -= len(page.lines)
        if page.older is None:
            return
        before = page.older


def _open_entries(asked: Asked) -> Any:
    return (
        select(JournalEntry, Person.name, Post.role, Unit.name.label("unit"))
        .outerjoin(Person, Person.id == JournalEntry.person_id)
        .outerjoin(Post, Post.id == JournalEntry.post_id)
        .outerjoin(Unit, Unit.id == JournalEntry.unit_id)
        .where(*_entries(asked), ~JournalEntry.confidential)
    )


def _lines(rows: Sequence[Any]) -> list[Line]:
    named = _names({(row.JournalEntry.subject_kind, row.JournalEntry.subject_id) for row in rows})
    return [
        Line(
            row.JournalEntry,
            row.name or "",
            row.unit or "",
            Role(row.role) if row.role else None,
            named.get((row.JournalEntry.subject_kind, row.JournalEntry.subject_id), ""),
        )
        for row in rows
    ]


def _names(subjects: Collection[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """What people, units and posts (by their holders) are called now, by kind and id. One statement."""
    wanted = {
        kind: [int(one) for of, one in subjects if of == kind and one.isdigit() and len(one) < 10]
        for kind in ("person", "unit", "post")
    }
    if not any(wanted.values()):
        return {}
    here = current_city()
    found = union_all(
        select(literal("person"), Person.id, Person.name).where(Person.city_id == here, Person.id.in_(wanted["person"])),
        select(literal("unit"), Unit.id, Unit.name).where(Unit.city_id == here, Unit.id.in_(wanted["unit"])),
        select(literal("post"), Post.id, Person.name)
        .join(Person, Person.id == Post.person_id)
        .where(Post.city_id == here, Post.id.in_(wanted["post"])),
    )
    return {(kind, str(subject_id)): name for kind, subject_id, name in db.session.execute(found)}


def _restricted(asked: Asked, lower: int, upper: int | None) -> list[tuple[int, datetime]]:
    found = (
        select(JournalEntry.id, JournalEntry.at)
        .where(*_entries(asked), JournalEntry.confidential, JournalEntry.id > lower)
        .order_by(JournalEntry.id.desc())
        .limit(MOST_RESTRICTED)
    )
    if upper is not None:
        found = found.where(JournalEntry.id < upper)
    return [(entry_id, at) for entry_id, at in db.session.execute(found)]


def _folded(lines: list[Line], restricted: list[tuple[int, datetime]]) -> list[Line]:
    """The restricted entries put between the others, those that follow each other as one line."""
    made: list[Line] = []
    place = 0

    def fold(until: int) -> None:
        nonlocal place
        run = place
        while place < len(restricted) and restricted[place][0] > until:
            place += 1
        if place > run:
            made.append(Line(None, count=place - run, last_at=restricted[run][1], first_at=restricted[place - 1][1]))

    for line in lines:
        assert line.entry is not None
        fold(line.entry.id)
        made.append(line)
    fold(-1)
    return made
