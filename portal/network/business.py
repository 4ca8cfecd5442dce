"""What the network asks of the business above it: which matters a reader sees on a unit's page, and what must follow when a
unit is moved or taken over. The network itself knows no matter."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, cast
from uuid import UUID

from portal.access.actor import Actor, Standing, System
from portal.access.roles import Role
from portal.network.models import Unit
from portal.registry.hooks import ON_LENDING_END, ON_UNIT_CHANGE, OPEN_IN_UNIT, OnUnitChange


@dataclass(frozen=True, slots=True)
class OpenMatter:
    """An open matter as its reader may see it: `title` is None where he sees the shell alone."""

    kind: str
    id: UUID
    number: str
    title: str | None
    state: str
    due_on: date
    lamp: Any


def open_in(actor: Actor, unit_id: int, most: int) -> list[OpenMatter]:
    """What of the unit's open matters this reader may see, the most pressing first."""
    lists = cast("Iterable[Callable[[Actor, int, int], Sequence[OpenMatter]]]", OPEN_IN_UNIT)
    return [matter for found in lists for matter in found(actor, unit_id, most)][:most]


def follow(actor: Actor | System, standing: Standing | None, former: Unit, heir: Unit) -> None:
    """All open business of `former` goes on with `heir`."""
    for one in cast("Iterable[OnUnitChange[Actor | System, Standing | None, Unit]]", ON_UNIT_CHANGE):
        one.follow(actor, standing, former, heir)


def moved(unit_ids: Collection[int]) -> None:
    """These units stand elsewhere in the tree now."""
    for one in ON_UNIT_CHANGE:
        one.moved(unit_ids)


def seats(unit_ids: Collection[int]) -> set[tuple[int, Role]]:
    """The seats of these units that something which runs still needs."""
    return {(unit_id, Role(role)) for one in ON_UNIT_CHANGE for unit_id, role in one.seats(unit_ids)}


def lent_no_longer(persons: Collection[int]) -> None:
    """These persons stand in for somebody no longer, in this transaction."""
    for follows in ON_LENDING_END:
        follows(persons)
