"""What `allowed` judges in acts on people, and the office's fixed days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from portal.access.roles import Role
from portal.deadlines.calendar import Calendar
from portal.network.models import Post, Unit

SIGNING_SEATS = (Role.OFFICE_DIRECTOR, Role.DEPUTY_LEADER, Role.PRINCIPAL_LEADER)
"""Seats of the sign-off: where the only holder leaves, a chain stops."""
ASKED_IN = (4, 10)
"""The months on whose first working day every liaison officer is asked to confirm his data."""


@dataclass(frozen=True, slots=True)
class OnPost:
    """A post, or a unit's own business, as the policy judges it. `roles` are all that the person holds."""

    path: Sequence[int]
    unit_id: int
    post_id: int | None = None
    roles: frozenset[Role] = frozenset()


def on_post(post: Post, roles: frozenset[Role] = frozenset()) -> OnPost:
    """The post as the policy judges it."""
    return OnPost(post.unit.path, post.for_unit_id, post.id, roles)


def on_unit(unit: Unit) -> OnPost:
    """The unit as the policy judges it."""
    return OnPost(unit.path, unit.id)


def asked_on(today: date, calendar: Calendar) -> date:
    """The day of the last request to confirm: the first working day of April or October, today included."""
    days = [_first_working_day(date(year, month, 1), calendar) for year in (today.year - 1, today.year) for month in ASKED_IN]
    return max(day for day in days if day <= today)


def _first_working_day(first: date, calendar: Calendar) -> date:
    return first if calendar.is_working(first) else calendar.next_working_day(first)
