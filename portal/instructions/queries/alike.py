"""The same paper, registered already: as far as whoever asks may read it."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import and_, func, or_, select

from portal.access.actor import Actor
from portal.access.models import Viewer
from portal.access.roles import audience_principal
from portal.access.visibility import as_seen_by
from portal.kernel.db import db
from portal.kernel.text import folded
from portal.matters.models import Matter, MatterContent, State
from portal.matters.search import matters_saying

MOST_NAMED = 5
MOST_LOOKED_AT = 100  # the newest, whose words are compared once more: no statement reads what is sealed


def papers_like(
    actor: Actor, title: str, leader: str, document_number: str | None, *, but: UUID | None, after: UUID | None = None
) -> list[str]:
    """The numbers of instructions of the same title, leader and document number, however written, that this person may read,
    the newest first; not the one registered under the key `but`. With `after`, of further rounds of that matter alone."""
    words = (title, leader, document_number)
    wanted = tuple(map(folded, words))
    plain = (MatterContent.plain[name].astext for name in ("title", "leader", "document_number"))
    same = (func.folded(func.coalesce(said, "")) == word for said, word in zip(plain, wanted, strict=True))
    own = select(Viewer.matter_id).where(Viewer.principal == audience_principal(actor.person_id))
    others = [Matter.previous_id == after] if after else []
    others += [Matter.request_key != but] if but else []
    found = db.session.execute(
        select(Matter.number, MatterContent)
        .join(MatterContent, MatterContent.matter_id == Matter.id)
        .where(
            *others,
            Matter.kind == "instruction",
            Matter.parent_id.is_(None),
            Matter.state != State.WITHDRAWN,
            or_(and_(Matter.id.in_(matters_saying(actor, *words)), *same), MatterContent.confidential & Matter.id.in_(own)),
        )
        .order_by(Matter.registered_at.desc())
        .limit(MOST_LOOKED_AT)
        .options(as_seen_by(actor))
    )
    return [
        number
        for number, content in found
        if (folded(content.title), folded(content.leader), folded(content.document_number)) == wanted
    ][:MOST_NAMED]
