"""Who is told of what, when a matter moves. About a confidential matter: its number, to its audience and the holders of
its shell, nothing else."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from portal.access.roles import SUPERVISION, Role
from portal.matters.models import Content, Matter
from portal.network.queries import recipients, recipients_of
from portal.notify.service import Occasion, tell
from portal.registry.acts import Lent


def supervisors(matter: Matter) -> list[int]:
    """The office that reviews, extends and urges."""
    roles = SUPERVISION if matter.supervised_by_office else (Role.OFFICE_DIRECTOR,)
    return recipients(matter.supervising_unit_id, roles, confidential=matter.confidential, kind=Lent.SUPERVISE)


def heads(matter: Matter) -> list[int]:
    """Who decides an extension."""
    role = Role.SUPERVISION_HEAD if matter.supervised_by_office else Role.OFFICE_DIRECTOR
    return recipients(matter.supervising_unit_id, (role,), confidential=matter.confidential, kind=Lent.SUPERVISE)


def lead_desk(matter: Matter) -> list[int]:
    """Liaison officer and office director of the lead unit; of one that is no more, and left what has ended, its heir's."""
    if matter.lead_unit_id is None or matter.lead_unit is None or matter.confidential:
        return []
    unit_id = matter.lead_unit_id if matter.open else matter.lead_unit.keeper_id
    return recipients(unit_id, (Role.LIAISON_OFFICER, Role.OFFICE_DIRECTOR), kind=Lent.GIVE)


def helpers(matter: Matter, unit_ids: Collection[int]) -> list[int]:
    """The liaison officers of these co-units; the office director of one that has none."""
    if matter.confidential or not unit_ids:
        return []
    found = recipients_of(unit_ids, (Role.LIAISON_OFFICER,))
    if without := [unit_id for unit_id, people in found.items() if not people]:
        found |= recipients_of(without, (Role.OFFICE_DIRECTOR,))
    return [person for people in found.values() for person in people]


def supervision_between(matter: Matter) -> list[int]:
    """Supervision offices above the lead unit other than the assigning one: told when a unit is assigned past them."""
    if matter.lead_unit is None or matter.confidential:
        return []
    path = matter.lead_unit.path
    below = path.index(matter.supervising_unit_id) + 1 if matter.supervising_unit_id in path else 0
    between = path[below:-1]
    return [person for people in recipients_of(between, SUPERVISION).values() for person in people] if between else []


def notify(matter: Matter, content: Content, occasion: Occasion, kind: str, persons: Iterable[int | None], **facts: Any) -> None:
    """Tell these persons, except whoever did it; one message a person and act."""
    told = [p for p in dict.fromkeys(persons) if p and p != occasion.person_id]
    if not told:
        return
    known = {"number": matter.number, "confidential": matter.confidential}
    if not matter.confidential:
        known |= {"title": content.title, "unit": matter.lead_unit_name or "", **facts}
    tell(kind, told, key=f"{occasion.key}:{kind}", record_id=matter.id, facts=known)


def notify_in_turn(
    matter: Matter, content: Content, occasion: Occasion, *said: tuple[str, Iterable[int | None]], **facts: Any
) -> None:
    """One act that means different things to different people: each is told the first that names him, and no more."""
    told: set[int | None] = set()
    for kind, persons in said:
        people = [person for person in persons if person not in told]
        notify(matter, content, occasion, kind, people, **facts)
        told.update(people)
