"""What stands around a matter, as far as it decides who reads it: ids only, beyond what whoever acts may see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select

from portal.access.actor import SYSTEM
from portal.access.models import Audience
from portal.access.roles import SUPERVISION, Role
from portal.access.visibility import as_seen_by
from portal.kernel.db import db
from portal.matters.audience import EXTENSION, REGISTRAR, REVIEWER, SIGNER, reading_now
from portal.matters.models import Content, CoUnit, Matter, State
from portal.network.queries import holding
from portal.papers.steps import Waiting
from portal.papers.steps import waiting as waiting_at
from portal.registry.acts import Lent

_PARTS = {REGISTRAR: SUPERVISION, REVIEWER: SUPERVISION, EXTENSION: (Role.SUPERVISION_HEAD,)}
"""For which part of the supervising office what is read is read."""


@dataclass(frozen=True, slots=True)
class Around:
    """What the rule needs to know around a matter, ids only. `until`: when the reading of those in the audience ends to whom
    it was granted, or who read it standing in for somebody."""

    lead_path: tuple[int, ...] = ()
    co_units: tuple[tuple[int, int | None], ...] = ()
    below: tuple[tuple[int, int | None], ...] = ()
    above: tuple[int, int | None] | None = None
    waiting: Waiting | None = None
    audience: frozenset[int] = frozenset()
    until: Mapping[int, datetime] = field(default_factory=dict)
    void: bool = False


def around(matter: Matter, content: Content) -> Around:
    """Look around a matter, beyond what the actor may see: ids only, asked only where there is something."""
    seen = as_seen_by(SYSTEM)
    co_units: tuple[tuple[int, int | None], ...] = ()
    below: tuple[tuple[int, int | None], ...] = ()
    above = waiting = None
    if content.has("co_unit"):
        pairs = db.session.execute(select(CoUnit.unit_id, CoUnit.handler_id).where(CoUnit.matter_id == matter.id).options(seen))
        co_units = tuple((row.unit_id, row.handler_id) for row in pairs)
    family = select(Matter.lead_unit_id, Content.handler_id).join(Content, Content.record_id == Matter.id).options(seen)
    if content.has("child"):
        rows = db.session.execute(family.where(Matter.parent_id == matter.id, Matter.state != State.WITHDRAWN))
        below = tuple((row.lead_unit_id, row.handler_id) for row in rows if row.lead_unit_id)
    if matter.parent_id:
        row = db.session.execute(family.where(Matter.id == matter.parent_id)).one()
        above = (row.lead_unit_id, row.handler_id)
    if matter.state == State.IN_SIGN_OFF:
        waiting = waiting_at(matter.id)
    audience = _audience(matter, waiting) if matter.confidential else {}
    path = tuple(matter.lead_unit.path) if matter.lead_unit else ()
    until = {person: end for person, end in audience.items() if end is not None}
    return Around(path, co_units, below, above, waiting, frozenset(audience), until, content.has("void"))


def _audience(matter: Matter, waiting: Waiting | None) -> dict[int, datetime | None]:
    """Who reads the content of a confidential matter, and until when. What is read for a part in the office's work, or to
    sign, is read by whoever holds that part now, and by who stands in for him until his delegation ends."""
    rows = db.session.execute(
        select(Audience.person_id, Audience.cause, Audience.to_at).where(Audience.record_id == matter.id, reading_now())
    ).all()
    causes = {row.cause for row in rows}
    parts: dict[str, dict[int, datetime | None]] = {}
    for cause, roles in _PARTS.items():
        if cause in causes:
            parts[cause] = holding(matter.supervising_unit_id, roles, kind=Lent.SUPERVISE)
    if waiting and SIGNER in causes:  # who has signed another step reads on
        seat = holding(waiting.unit_id, (waiting.role,), kind=Lent.SIGN)
        signed = dict.fromkeys(row.person_id for row in rows if row.person_id not in waiting.persons)
        parts[SIGNER] = {**seat, **signed}
    found: dict[int, datetime | None] = {}
    for person_id, cause, to_at in rows:
        if person_id not in parts.get(cause, {person_id: None}):
            continue
        end = parts[cause][person_id] if cause in parts else to_at
        known = found.get(person_id, end)
        found[person_id] = None if end is None or known is None else max(end, known)
    return found
