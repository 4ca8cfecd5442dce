"""What lives are told with: a row of the paper register, the people and units of the network, the hours of offices."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from uuid import UUID, uuid5

from sqlalchemy import select

from portal.access.actor import Actor
from portal.deadlines.rules import SourceLevel, Urgency
from portal.identity.models import Person
from portal.identity.queries import person_by_id, person_named
from portal.kernel import clock
from portal.kernel.db import current_city, db
from portal.network.models import Kind, Unit
from portal.network.queries import Holder, handlers_of, unit_by_code
from portal.network.service.acting import actor_for

LEVELS = {"中央": SourceLevel.CENTRAL, "省": SourceLevel.PROVINCE, "市": SourceLevel.CITY, "县": SourceLevel.COUNTY}
URGENCIES = {"一般": Urgency.NORMAL, "急件": Urgency.URGENT}
Life = Iterator[datetime]
Start = Callable[[Life], None]
_ROWS = UUID("6c1b7d0a-0d52-4c51-9a3c-2f6b1d0e9a77")


@dataclass(frozen=True)
class Row:
    """One line of the paper register, its dates already moved."""

    number: int
    level: SourceLevel
    leader: str
    instructed_on: date
    received_on: date
    title: str
    document_number: str
    text: str
    urgency: Urgency
    confidential: bool
    lead_code: str
    co_codes: tuple[str, ...]
    requirement: str
    registering_code: str

    @cached_property
    def request_key(self) -> UUID:
        """The key of the form that registers it, always the same: no row is registered twice."""
        return uuid5(_ROWS, str(self.number))


def at(day: date, hour: int, minute: int = 0) -> datetime:
    """An office hour."""
    return clock.at(day, hour, minute)


def in_office_hours(moment: datetime) -> datetime:
    """That moment, or the next morning's nine o'clock where offices are closed."""
    wall = clock.local(moment)
    if wall.hour < 9:
        return at(wall.date(), 9, wall.minute)
    return moment if wall.hour < 18 else at(wall.date() + timedelta(days=1), 9, wall.minute)


def person(name: str) -> Actor:
    """Whoever bears this sign-in name, with the posts they hold as the scene begins."""
    return _known(name, lambda: person_named(name))


def by_id(person_id: int) -> Actor:
    """The person with this id."""
    return _known(person_id, lambda: person_by_id(person_id))


def _known(key: str | int, find: Callable[[], Person | None]) -> Actor:
    known: dict[str | int, Actor] = db.session().info.setdefault("cast", {})
    if key not in known:
        found = find()
        if found is None:
            raise LookupError(f"the demonstration network has no {key}")
        known[key] = actor_for(found)
    return known[key]


def supervisor_of(code: str) -> str:
    """The supervision office's own sign-in name: the city's is called city."""
    return "city.ducha" if code == "3303" else f"{code}.ducha"


def holder(code: str, role: str) -> str:
    """The sign-in name of a lead unit's post; in a committee the office director is its general office's."""
    if "-" in code or len(code) > 6:
        return f"{code}.{role}"
    return f"{code}.{'ban.director' if role == 'office' else role}"


def unit(code: str) -> Unit:
    """The unit with this code."""
    found = unit_by_code(code)
    assert found is not None
    return found


def handlers(code: str) -> list[Holder]:
    """Who may be named handler there."""
    return handlers_of(unit(code).id)


def all_units() -> dict[str, Unit]:
    """Every unit of the network by its code, for what would else ask for hundreds."""
    return {one.code: one for one in db.session.scalars(select(Unit).where(Unit.city_id == current_city()))}


def forwarded_to(row: Row, below: Iterable[Unit]) -> list[Unit]:
    """To whom the lead unit, a county committee, forwards it of the units right below: a department and a township."""
    ordered = sorted(below, key=lambda one: one.code)
    chosen = [[one for one in ordered if one.kind == kind] for kind in (Kind.DEPARTMENT, Kind.TOWNSHIP)]
    return [ones[row.number % len(ones)] for ones in chosen if ones]
