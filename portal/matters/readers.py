"""Who reads a matter: the one rule, and the index of viewers that is derived from it.

`readers_of` follows domain rule "who reads an open matter" and "confidential". It knows standings, not people: an
appointment changes nothing here. The index is written by every move and can be rebuilt at any time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Insert, SmallInteger, Text, bindparam, delete, func, insert, literal, select
from sqlalchemy.dialects.postgresql import ARRAY

from portal.access.actor import SYSTEM
from portal.access.models import Audience, View, Viewer
from portal.access.roles import (
    LEADERS,
    SUPERVISION,
    Role,
    audience_principal,
    person_principal,
    shells_principal,
    standing_principal,
)
from portal.access.visibility import as_seen_by
from portal.kernel.db import db
from portal.matters.audience import EXTENSION, REGISTRAR, REVIEWER, SIGNER, reading_now
from portal.matters.models import Content, CoUnit, Matter, State
from portal.network.queries import holding
from portal.papers.steps import Waiting
from portal.papers.steps import waiting as waiting_at
from portal.registry.acts import Lent

LEAD_DESK = (Role.LIAISON_OFFICER, Role.OFFICE_DIRECTOR)
_VARYING: dict[str, Any] = {"principal": BigInteger, "view": SmallInteger, "task": Text, "until": DateTime(timezone=True)}
"""What differs between the viewer rows of one matter."""
_PARTS = {REGISTRAR: SUPERVISION, REVIEWER: SUPERVISION, EXTENSION: (Role.SUPERVISION_HEAD,)}
"""For which part of the supervising office what is read is read."""
_HANDLED = (State.ASSIGNED, State.ACKNOWLEDGED, State.IN_PROGRESS)
LEAD_READERS = (*LEAD_DESK, Role.DEPUTY_LEADER, Role.PRINCIPAL_LEADER)


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


@dataclass(slots=True)
class Readers:
    """Principals with their view and what the matter waits for from them."""

    seen: dict[int, tuple[View, str | None]] = field(default_factory=dict)

    def add(self, principal: int, view: View, task: str | None = None) -> None:
        """A higher view and any task win."""
        old_view, old_task = self.seen.get(principal, (View.SHELL, None))
        self.seen[principal] = (max(view, old_view), task or old_task)

    def standings(self, unit_id: int, roles: Iterable[Role], view: View, task: str | None = None) -> None:
        for role in roles:
            self.add(standing_principal(unit_id, role), view, task)

    def shells(self, unit_id: int, roles: Iterable[Role], task: str | None = None) -> None:
        """Of a confidential matter: for those posts alone that cover such matters."""
        for role in roles:
            self.add(shells_principal(unit_id, role), View.SHELL, task)


def readers_of(matter: Matter, content: Content, around: Around) -> dict[int, tuple[View, str | None]]:
    """The rule."""
    readers = Readers()
    (_readers_of_confidential if matter.confidential else _readers_of_open)(readers, matter, content, around)
    if around.void:
        return dict.fromkeys(readers.seen, (View.SHELL, None))
    return readers.seen


def _readers_of_open(readers: Readers, matter: Matter, content: Content, around: Around) -> None:
    whole = View.CONTENT
    readers.standings(matter.registering_unit_id, SUPERVISION, whole)
    if matter.urgency == "urgent":
        readers.standings(matter.registering_unit_id, (Role.DUTY_OFFICER,), whole)
    if content.leader_id:
        readers.add(person_principal(content.leader_id), whole)
    supervisors = SUPERVISION if matter.supervised_by_office else (Role.OFFICE_DIRECTOR,)
    task = {State.REGISTERED: "assign", State.UNDER_REVIEW: "review"}.get(matter.state)
    readers.standings(matter.supervising_unit_id, supervisors, whole, task)
    if matter.extension_pending:
        head = Role.SUPERVISION_HEAD if matter.supervised_by_office else Role.OFFICE_DIRECTOR
        readers.standings(matter.supervising_unit_id, (head,), whole, "decide_extension")
    if around.above:
        unit_id, handler_id = around.above
        readers.standings(unit_id, LEAD_READERS, whole)
        if handler_id:
            readers.add(person_principal(handler_id), whole)
    if matter.state == State.REGISTERED or matter.lead_unit_id is None:
        return
    for unit_id in around.lead_path:
        readers.standings(unit_id, SUPERVISION, whole)
    for unit_id in around.lead_path[:-1]:
        readers.standings(unit_id, LEADERS, whole)
    naming = matter.state in _HANDLED and content.handler_id is None  # not yet named, or his post has ended
    readers.standings(matter.lead_unit_id, LEAD_READERS, whole)
    if naming:
        readers.standings(matter.lead_unit_id, LEAD_DESK, whole, "name_handler")
    _handler(readers, matter, content, person_principal)
    for unit_id, handler_id in around.below:
        readers.standings(unit_id, LEAD_READERS, whole)
        if handler_id:
            readers.add(person_principal(handler_id), whole)
    for unit_id, handler_id in around.co_units:
        readers.standings(unit_id, LEAD_READERS, View.PART)
        if handler_id:
            readers.add(person_principal(handler_id), View.PART)
    if around.waiting:
        step = around.waiting
        if step.named_person_id:
            readers.standings(step.unit_id, (step.role,), whole)
            for person_id in step.persons:
                readers.add(person_principal(person_id), whole, "sign")
        else:
            readers.standings(step.unit_id, (step.role,), whole, "sign")


def _readers_of_confidential(readers: Readers, matter: Matter, content: Content, around: Around) -> None:
    readers.shells(matter.supervising_unit_id, SUPERVISION)
    for person_id in around.audience:
        readers.add(audience_principal(person_id), View.CONTENT)
    if matter.state == State.REGISTERED:
        assigner = matter.assigned_by_id or matter.registered_by_id
        if assigner in around.audience:
            readers.add(audience_principal(assigner), View.CONTENT, "assign")
        else:  # who registered or assigned it has no part in the office any more
            readers.shells(matter.supervising_unit_id, (Role.SUPERVISION_HEAD,), "assign")
    if matter.extension_pending:
        readers.shells(matter.supervising_unit_id, (Role.SUPERVISION_HEAD,), "decide_extension")
    if matter.state == State.UNDER_REVIEW:
        if content.reviewer_id in around.audience:
            readers.add(audience_principal(content.reviewer_id), View.CONTENT, "review")
        else:  # the head is to name a reviewer
            readers.shells(matter.supervising_unit_id, (Role.SUPERVISION_HEAD,), "review")
    if around.waiting:
        for person_id in around.waiting.persons:
            if person_id in around.audience:
                readers.add(audience_principal(person_id), View.CONTENT, "sign")
    _handler(readers, matter, content, audience_principal)


def _handler(readers: Readers, matter: Matter, content: Content, himself: Callable[[int], int]) -> None:
    if content.handler_id is None or matter.state == State.REGISTERED:
        return
    if matter.state == State.ASSIGNED:
        task = "acknowledge"
    elif matter.state in (State.ACKNOWLEDGED, State.IN_PROGRESS):
        task = "rework" if matter.returns and matter.state == State.IN_PROGRESS else "work"
    else:
        task = None
    readers.add(himself(content.handler_id), View.CONTENT, task)


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


def index_viewers(matter: Matter, content: Content) -> None:
    """Write the matter's viewer rows anew, as the rule says now."""
    db.session.flush()
    db.session.execute(delete(Viewer).where(Viewer.record_id == matter.id))
    db.session.execute(insert_viewers(matter, content, around(matter, content)))


def insert_viewers(matter: Matter, content: Content, around: Around) -> Insert:
    """The statement that writes these viewer rows, which the matter then knows: one shape, however many they are."""
    rows = viewer_rows(matter, content, around)
    matter.readers = frozenset(row["principal"] for row in rows)
    same = {name: value for name, value in rows[0].items() if name not in _VARYING}
    columns = [bindparam(name, [row[name] for row in rows], type_=ARRAY(kind), unique=True) for name, kind in _VARYING.items()]
    each = func.unnest(*columns).table_valued(*_VARYING).render_derived()
    constants = [literal(value, Viewer.__mapper__.columns[name].type) for name, value in same.items()]
    return insert(Viewer).from_select([*same, *_VARYING], select(*constants, *(each.c[name] for name in _VARYING)))


def viewer_rows(matter: Matter, content: Content, around: Around) -> list[dict[str, Any]]:
    """The rows of the index, as plain values."""
    until = {audience_principal(person): end for person, end in around.until.items()}
    return [
        {
            "record_id": matter.id,
            "principal": principal,
            "kind": matter.kind,
            "view": int(view),
            "task": task,
            "state": str(matter.state),
            "open": matter.open,
            "stopped": matter.extension_pending or not matter.open or matter.state == State.UNDER_REVIEW,
            "due_on": matter.due_on,
            "begun_on": matter.received_on,
            "rank": matter.source_level.rank,
            "unit_id": matter.lead_unit_id,
            "flag": matter.returns > 0,
            "until": until.get(principal),
        }
        for principal, (view, task) in readers_of(matter, content, around).items()
    ]
