"""Which versions of its rules and calendars a city has set, by whom, when and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from portal.deadlines.models import RuleSet
from portal.deadlines.versions import CALENDAR
from portal.identity.models import Person
from portal.kernel.db import current_city, db


@dataclass(frozen=True, slots=True)
class Made:
    """A version as it was set, with the person who set it."""

    number: int
    data: Mapping[str, Any]
    from_at: datetime
    made_at: datetime
    person: str
    set_by: str
    reason: str


def versions(name: str) -> list[Made]:
    """The versions under this name that the city has set, the newest first. One statement."""
    rows = db.session.execute(
        select(RuleSet, Person.name)
        .join(Person, Person.id == RuleSet.made_by_id)
        .where(RuleSet.city_id == current_city(), RuleSet.kind == name)
        .order_by(RuleSet.version.desc())
    )
    return [Made(row.version, row.data, row.from_at, row.made_at, person, row.set_by, row.reason) for row, person in rows]


def newest(name: str) -> int:
    """The number of the newest version in the database: 1 where only the default is, 0 for a calendar never imported."""
    found = db.session.scalar(select(func.max(RuleSet.version)).where(RuleSet.city_id == current_city(), RuleSet.kind == name))
    return found or (0 if name == CALENDAR else 1)
