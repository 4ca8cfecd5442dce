"""What every page must know of whoever asks for it, beside their session: read with it, in the request's first statement."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Never

from portal.registry.registered import ByName


@dataclass(frozen=True, slots=True)
class SessionPart:
    """A column of the statement that finds a session, found again under `name` in what was found. `column(person_id,
    suspended)` makes it, once: of the person in the one column, who may read nothing confidential where the other is true.
    Among the statement's values are `city_id`, `day` and `moment`."""

    name: str
    column: Callable[[Never, Never], object]


SESSION_PARTS: ByName[SessionPart] = ByName("part of a session")
STANDINGS, UNREAD = "standings", "unread"
"""The parts that the floors below know: the posts that a person holds or stands in for, and how much they have to read."""
