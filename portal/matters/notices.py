"""Who is told of what, when a matter moves. About a confidential matter: its number, to its audience and the holders of
its shell, nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from portal.access.roles import SUPERVISION, Role
from portal.audit.models import JournalEntry
from portal.matters.models import Matter, MatterContent
from portal.network.queries import recipients
from portal.notify.service import tell


def supervisors(matter: Matter) -> list[int]:
    """The office that reviews, extends and urges."""
    roles = SUPERVISION if matter.supervised_by_office else (Role.OFFICE_DIRECTOR,)
    return recipients(matter.supervising_unit_id, roles)


def heads(matter: Matter) -> list[int]:
    """Who decides an extension."""
    role = Role.SUPERVISION_HEAD if matter.supervised_by_office else Role.OFFICE_DIRECTOR
    return recipients(matter.supervising_unit_id, (role,))


def lead_desk(matter: Matter) -> list[int]:
    """Liaison officer and office director of the lead unit."""
    if matter.lead_unit_id is None or matter.confidential:
        return []
    return recipients(matter.lead_unit_id, (Role.LIAISON_OFFICER, Role.OFFICE_DIRECTOR))


def supervision_between(matter: Matter) -> list[int]:
    """Supervision offices above the lead unit other than the assigning one: told when a unit is assigned past them."""
    if matter.lead_unit is None or matter.confidential:
        return []
    passed = [u for u in matter.lead_unit.path[:-1] if u != matter.supervising_unit_id]
    below = matter.lead_unit.path.index(matter.supervising_unit_id) if matter.supervising_unit_id in matter.lead_unit.path else -1
    between = [u for u in passed if matter.lead_unit.path.index(u) > below]
    return [person for unit_id in between for person in recipients(unit_id, SUPERVISION)]


def notify(
    matter: Matter, content: MatterContent, entry: JournalEntry, kind: str, persons: Iterable[int], **facts: Any
) -> None:
    """Tell these persons, except whoever did it; one message a person and act."""
    told = [p for p in dict.fromkeys(persons) if p and p != entry.person_id]
    if not told:
        return
    known = {"number": matter.number, "confidential": matter.confidential}
    if not matter.confidential:
        known |= {"title": content.title, "unit": matter.lead_unit_name or "", **facts}
    tell(kind, told, key=f"journal:{entry.id}:{kind}", matter_id=matter.id, facts=known)
