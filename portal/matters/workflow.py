"""What is done with every act on a matter: clocks that stop, an entry in 办理经过 and its date on the shell, viewers, messages.

What `workflow.engine` must know of matters is put together here.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select

from portal.access.actor import Actor, Standing, System
from portal.access.roles import Role, post_name
from portal.access.visibility import as_seen_by
from portal.deadlines.formatting import instant_words
from portal.kernel import clock
from portal.kernel.db import db
from portal.kernel.language import _
from portal.kernel.writing import write_together
from portal.matters import audience, clocks
from portal.matters.models import Content, Entry, Matter, Milestone
from portal.matters.notices import notify_in_turn
from portal.matters.queries import get_matter, whole_content
from portal.matters.readers import index_viewers
from portal.registry.journal import entry_words
from portal.workflow.engine import Workflow, perform
from portal.workflow.verbs import Doing, G, Verb


def write_entry(
    matter: Matter,
    kind: str,
    actor: Actor | System,
    standing: Standing | None,
    *,
    words: str | None = None,
    facts: dict[str, Any] | None = None,
    dated: bool = False,
    **marks: Any,
) -> Entry:
    """One line of 办理经过, with the post that acted; and, where it is a fact of the shell, its bare date. `marks`: further
    columns of the entry."""
    entry, *milestone = lines(matter, kind, actor, standing, words=words, facts=facts, dated=dated, **marks)
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
    dated: bool = False,
    office: bool = False,
    **marks: Any,
) -> tuple[Entry, *tuple[Milestone, ...]]:
    """The rows that `write_entry` writes, for whoever writes them together with others. `office`: the date stands on the
    shell with the office that acted."""
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
        words=words,
        facts=facts,
        **marks,
    )
    if not dated:
        return (entry,)
    unit_id = standing.unit_id if standing and office else None
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


def carry_out(doing: MatterDoing[Any]) -> None:
    """The verb's own work, and around it what every act brings with it."""
    verb, matter = doing.verb, doing.record
    if verb.stops:
        clocks.stop(matter, *verb.stops)
    if verb.shuts and matter.confidential:
        audience.shut_out(matter.id, *verb.shuts)
    if verb.work is not None:
        verb.work(doing)
    said = {"words": doing.words, "facts": doing.facts or None, "dated": verb.dated, "office": verb.office, **doing.marks}
    written = [*doing.earlier, (doing.called, said), *doing.further]
    db.session.flush()
    for kind, what in written:  # one by one: their order is that of 办理经过
        write_together(*lines(matter, kind, doing.actor, **{"standing": doing.standing, **what}))
    index_viewers(matter, doing.whole)
    notify_in_turn(matter, doing.whole, doing, *((tell.kind, tell.whom(doing)) for tell in verb.tells), **doing.blanks)


MatterVerb = Verb[Matter, Content, G]
MatterDoing = Doing[Matter, Content, G]
WORKFLOW: Workflow[Matter, Content] = Workflow("matter", whole_content, changes_since, carry_out)


def enact(actor: Actor, verb: MatterVerb[G], matter_id: UUID, given: G, *, version: int | None = None) -> MatterDoing[G]:
    """Do this to the matter, as its reader sees it. `version` is what their page showed."""
    return perform(WORKFLOW, verb, actor, get_matter(actor, matter_id), given, version=version)
