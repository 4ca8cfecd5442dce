"""Who reads a matter: the one rule, and the index of viewers that is derived from it.

`readers_of` follows domain rule "who reads an open matter" and "confidential"; a kind's own readers come on top of it. It knows
standings, not people: an appointment changes nothing here. The index is written by every act and can be rebuilt at any time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import delete

from portal.access.models import View, Viewer
from portal.access.roles import LEADERS, SUPERVISION, Role, audience_principal, person_principal
from portal.access.viewers import Readers, Sight, insert_rows, rows_of
from portal.kernel.db import db
from portal.kernel.writing import Write, write_together
from portal.matters.around import Around, around
from portal.matters.kinds import kind_of
from portal.matters.models import Content, Matter, State

LEAD_DESK = (Role.LIAISON_OFFICER, Role.OFFICE_DIRECTOR)
_HANDLED = (State.ASSIGNED, State.ACKNOWLEDGED, State.IN_PROGRESS)
LEAD_READERS = (*LEAD_DESK, Role.DEPUTY_LEADER, Role.PRINCIPAL_LEADER)


def readers_of(matter: Matter, content: Content, around: Around) -> dict[int, Sight]:
    """The rule. Of a confidential matter nobody reads on account of its kind; of a void one everybody is left the shell."""
    readers = Readers()
    if matter.confidential:
        _readers_of_confidential(readers, matter, content, around)
    else:
        _readers_of_open(readers, matter, content, around)
        if (further := kind_of(matter).readers) is not None:
            further(readers, matter, content, around)
    if around.void:
        return dict.fromkeys(readers.seen, Sight(View.SHELL))
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


def index_viewers(matter: Matter, content: Content) -> None:
    """Write the matter's viewer rows anew, as the rule says now."""
    db.session.flush()
    db.session.execute(delete(Viewer).where(Viewer.record_id == matter.id))
    write_together(insert_viewers(matter, content, around(matter, content)))


def insert_viewers(matter: Matter, content: Content, around: Around) -> Write:
    """The statement that writes these viewer rows, which the matter then knows."""
    rows = viewer_rows(matter, content, around)
    matter.readers = frozenset(row["principal"] for row in rows)
    return insert_rows(rows)


def viewer_rows(matter: Matter, content: Content, around: Around) -> list[dict[str, Any]]:
    """The rows of the index, as plain values."""
    same = {
        "record_id": matter.id,
        "kind": matter.kind,
        "state": str(matter.state),
        "open": matter.open,
        "stopped": matter.extension_pending or not matter.open or matter.state == State.UNDER_REVIEW,
        "due_on": matter.due_on,
        "begun_on": matter.received_on,
        "rank": matter.source_level.rank,
        "unit_id": matter.lead_unit_id,
        "flag": matter.returns > 0,
    }
    until = {audience_principal(person): end for person, end in around.until.items()}
    return rows_of(same, readers_of(matter, content, around), until)
