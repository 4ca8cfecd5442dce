"""The supervising office's part in a confidential matter: who registers, assigns or reviews it reads it as long as he
supervises there, himself or standing in for somebody who does. Asked anew at every admission; where nobody fits, the
head is told by number, and assigns it or names a reviewer."""

from __future__ import annotations

from portal.access.actor import SYSTEM
from portal.access.roles import SUPERVISION
from portal.audit import journal
from portal.matters import audience, notices
from portal.matters.models import Content, Matter, State
from portal.matters.readers import index_viewers
from portal.network.queries import holding
from portal.registry.acts import Lent

PARTS = (audience.REGISTRAR, audience.REVIEWER)
"""What is read for a part in the office's work."""


def still_supervises(matter: Matter, person_id: int | None) -> bool:
    """Whether this person supervises the matter now."""
    return person_id is not None and person_id in notices.supervisors(matter)


def who_assigned(matter: Matter) -> list[int]:
    """Who assigned it, where he still supervises it; else the heads."""
    assigner = matter.assigned_by_id
    return [assigner] if assigner is not None and still_supervises(matter, assigner) else notices.heads(matter)


def given_back(matter: Matter) -> list[int]:
    """A confidential matter comes back from its handler: who assigned it reads it again, where he still supervises it.
    Whom to tell: him, else the heads, who may assign it without reading it."""
    told = who_assigned(matter)
    audience.admit(matter.id, [one for one in told if one == matter.assigned_by_id], audience.REGISTRAR)
    return told


def reviewer_admitted(matter: Matter, content: Content) -> tuple[str, list[int]]:
    """A confidential report is issued: the named reviewer reads it, where he still supervises it; else nobody is named
    any more. What is said, and to whom: the heads are asked to name one."""
    if still_supervises(matter, content.reviewer_id):
        assert content.reviewer_id is not None
        audience.admit(matter.id, [content.reviewer_id], audience.REVIEWER)
        return "issued_to_review", [content.reviewer_id]
    content.reviewer_id = None
    return "reviewer_asked", notices.heads(matter)


def let_go(matter: Matter, content: Content) -> bool:
    """Whoever read it for a part in the office's work and has none any more reads it no longer; where then nobody can go
    on with it, the heads are told. False where nothing changed."""
    there = holding(matter.supervising_unit_id, SUPERVISION, kind=Lent.SUPERVISE)
    gone = {cause: audience.admitted(matter.id, cause) - there.keys() for cause in PARTS}
    if not any(gone.values()):
        return False
    for cause, persons in gone.items():
        audience.dismiss(matter.id, persons, cause)
    entry = journal.record(SYSTEM, "part_ended", "matter", matter.id, confidential=True)
    if gone[audience.REVIEWER] and matter.state == State.UNDER_REVIEW:
        content.reviewer_id = None
        notices.notify(matter, content, entry, "reviewer_asked", notices.heads(matter))
    elif gone[audience.REGISTRAR] and matter.state == State.REGISTERED:
        notices.notify(matter, content, entry, "assign_asked", notices.heads(matter))
    index_viewers(matter, content)
    return True
