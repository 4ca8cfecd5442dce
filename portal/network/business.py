"""What the network asks of the business above it, which registers here: which matters a reader sees on a unit's page, and
what must follow when a unit is moved or taken over. The network itself knows no matter."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from portal.access.actor import Actor, Standing, System
from portal.access.roles import Role
from portal.network.models import Unit


@dataclass(frozen=True, slots=True)
class OpenMatter:
    """An open matter as its reader may see it: `title` is None where he sees the shell alone."""

    id: UUID
    number: str
    title: str | None
    state: str
    due_on: date
    lamp: Any


@dataclass(frozen=True, slots=True)
class Business:
    """`open_led_by(reader, unit, most)`: what of the unit's open matters this reader may see, the most pressing first.
    `follow(actor, standing, former, heir)`: all open business of one unit goes on with another.
    `moved(unit_ids)`: these units stand elsewhere in the tree now.
    `seats(unit_ids)`: the seats (unit, role) of these units that a running sign-off of an open matter still needs;
    confidential ones are left out, because a refusal would tell of them.
    `lent_no_longer(persons)`: these persons stand in for somebody no longer, in this transaction."""

    open_led_by: Callable[[Actor, int, int], list[OpenMatter]]
    follow: Callable[[Actor | System, Standing | None, Unit, Unit], None]
    moved: Callable[[Collection[int]], None]
    seats: Callable[[Collection[int]], set[tuple[int, Role]]]
    lent_no_longer: Callable[[Collection[int]], None]


_registered: list[Business] = []


def register_business(business: Business) -> None:
    """The matters say who they are."""
    _registered[:] = [business]


def business() -> Business:
    """What was registered; a portal without it is put together wrongly."""
    return _registered[0]
