"""作废: of a number that is void no text stays.

An open matter that must become confidential is voided, and so are the copies of its words that were forwarded: whoever
read them sees from then on that there was such a number, and no more. What was submitted for signature stays in the
append-only record, where nobody reads it.
"""

from __future__ import annotations

from typing import cast

from sqlalchemy import select, update

from portal.access.actor import SYSTEM, Actor
from portal.access.visibility import as_seen_by
from portal.kernel.db import db
from portal.matters.models import Content, CoUnit, Entry, Extension, Matter
from portal.matters.queries import whole_content
from portal.matters.readers import index_viewers
from portal.matters.service import attaching
from portal.matters.service.creation import NewMatter, index_words
from portal.network.queries import keeper_of
from portal.notify.service import forget_words
from portal.papers.models import Paper
from portal.vault.encrypted_fields import Sealable, erase


def as_confidential(actor: Actor, matter: Matter, content: Content) -> NewMatter:
    """The same instruction, to be registered as confidential: without co-units, and with its papers to be added anew."""
    return NewMatter(
        kind=matter.kind,
        registering_unit=keeper_of(matter.registering_unit),
        source_level=matter.source_level,
        urgency=matter.urgency,
        confidential=True,
        instructed_on=matter.instructed_on,
        received_on=matter.received_on,
        title=content.title,
        text=content.text,
        leader=content.leader,
        leader_id=content.leader_id,
        document_number=content.document_number,
        requirement=content.requirement,
        paper_number=matter.paper_number,
        lead_unit=matter.lead_unit,
    )


def void(matter: Matter) -> None:
    """Take every word of an ended matter away, and of what was forwarded from it; its readers are left the shell."""
    content = whole_content(matter)
    for kind in (Entry, Paper, Extension):
        parts = db.session.scalars(select(kind).where(kind.record_id == matter.id).options(as_seen_by(SYSTEM))).all()
        for part in cast("list[Sealable]", parts):
            erase(part)
    db.session.execute(
        update(CoUnit)
        .where(CoUnit.matter_id == matter.id)
        .values(task=None)
        .options(as_seen_by(SYSTEM))
        .execution_options(synchronize_session=False)
    )
    attaching.remove_all(matter)
    erase(content)
    content.mark("void")
    forget_words(matter.id)
    index_words(matter, content)
    index_viewers(matter, content)
    for child in db.session.scalars(select(Matter).where(Matter.parent_id == matter.id).options(as_seen_by(SYSTEM))).all():
        void(child)
