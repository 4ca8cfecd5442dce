"""What follows every move of a matter: dates on the shell, an entry in 办理经过, clocks that stop, viewers, milestone.

The rulebook of `workflow.engine` for matters is put together here.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from portal.access.actor import Actor, Standing, System
from portal.access.roles import Role, post_name
from portal.access.visibility import as_seen_by
from portal.deadlines.words import instant_words
from portal.kernel import clock
from portal.kernel.db import db
from portal.kernel.language import _
from portal.matters import clocks
from portal.matters.chain import CHAIN
from portal.matters.models import Content, Entry, Matter, Milestone
from portal.matters.readers import index_viewers
from portal.matters.rules import NEEDS
from portal.registry.journal import entry_words
from portal.workflow.engine import Moved, Rulebook

# Milestones of the shell: dates without names. Sign-off inside the unit is not among them.
_SHELL = frozenset(
    {
        "register",
        "assign",
        "acknowledge",
        "decline",
        "reassign_unit",
        "unit_followed",
        "issue",
        "return_for_rework",
        "close",
        "withdraw",
        "urge",
        "extension_granted",
        "extension_refused",
        "make_confidential",
        "forward",
    }
)


def write_entry(
    matter: Matter,
    kind: str,
    actor: Actor | System,
    standing: Standing | None,
    *,
    words: str | None = None,
    facts: dict[str, Any] | None = None,
    first_feedback: bool = False,
    report_id: Any = None,
) -> Entry:
    """One line of 办理经过, with the post that acted; and, where it is a fact of the shell, its bare date."""
    entry, *milestone = lines(
        matter, kind, actor, standing, words=words, facts=facts, first_feedback=first_feedback, report_id=report_id
    )
    db.session.add_all((entry, *milestone))
    return entry


def lines(
    matter: Matter,
    kind: str,
    actor: Actor | System,
    standing: Standing | None,
    *,
    words: str | None = None,
    facts: dict[str, Any] | None = None,
    first_feedback: bool = False,
    report_id: Any = None,
) -> tuple[Entry, *tuple[Milestone, ...]]:
    """The rows that `write_entry` writes, for whoever writes them together with others."""
    entry = Entry(
        record_id=matter.id,
        confidential=matter.confidential,
        kind=kind,
        at=clock.now(),
        version=matter.version,
        person_id=actor.person_id,
        role=Role(standing.role) if standing else None,
        unit_name=standing.unit_name if standing else None,
        delegation_id=standing.delegation_id if standing else None,
        first_feedback=first_feedback,
        paper_id=report_id,
        words=words,
        facts=facts,
    )
    if kind not in _SHELL:
        return (entry,)
    unit_id = standing.unit_id if standing and kind in ("urge", "register", "assign", "close", "return_for_rework") else None
    return entry, Milestone(record_id=matter.id, kind=kind, at=clock.now(), unit_id=unit_id)


def changes_since(matter: Matter, actor: Actor, version: int) -> list[str]:
    """What the reader may know of what happened after that version, newest first."""
    rows = db.session.scalars(
        select(Entry)
        .where(Entry.record_id == matter.id, Entry.version > version)
        .order_by(Entry.sequence.desc())
        .limit(10)
        .options(as_seen_by(actor))
    )
    return [
        f"{instant_words(row.at)}　{entry_words(row.kind)}"
        + (f"　{post_name(row.unit_name, Role(row.role))}" if row.unit_name and row.role else "")
        for row in rows
    ] or [_("状态现为“%(state)s”", state=matter.state.label)]


def settle(matter: Matter, moved: Moved) -> None:
    """After a move: clocks that the row stops, the entry, and the index of viewers."""
    given = moved.given
    content: Content = given["content"]
    if moved.move.stops:
        clocks.stop(matter, *moved.move.stops)
    write_entry(
        matter,
        moved.move.event,
        moved.actor,
        moved.standing,
        words=given.get("reason") or given.get("words"),
        facts=given.get("entry_facts"),
        first_feedback=bool(given.get("first_feedback")),
        report_id=given.get("report_id"),
    )
    for act in given.get("then", ()):
        act()
    index_viewers(matter, content)


BOOK = Rulebook(chain=CHAIN, needs=NEEDS, changes_since=changes_since, settle=settle)
