"""The order of a list: the stretches of the index that it is made of, and where in them a page begins.

Each of the reader's principals is one index scan with a limit, then matters are counted once each. The cost depends on
the page, not on how many matters there are; whoever may see nothing pays nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Select, SQLColumnExpression, bindparam, case, func, literal, literal_column, select, true, tuple_
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT, TEXT

from portal.access.actor import Actor
from portal.access.models import Viewer
from portal.access.visibility import still_counts
from portal.deadlines.lamp import SOON_DAYS
from portal.matters.lists.conditions import Conditions, Wanted, hung
from portal.matters.models import State

Sort = Literal["work", "due", "received"]
TODAY, SOON, LATE, WAITING, REST, ENDED = range(6)
GROUPS = {"today": TODAY, "soon": SOON, "late": LATE, "waiting": WAITING, "rest": REST}


@dataclass(frozen=True, slots=True)
class Place:
    """The edge of a page: the group, day and matter next to which the page begins, and on which side it lies."""

    group: int
    day: date
    matter_id: UUID
    back: bool = False


@dataclass(frozen=True, slots=True)
class Stretch:
    """One stretch of the index: the rows of one group, in the order of one column."""

    group: int
    where: tuple[SQLColumnExpression[bool], ...]
    column: Any
    descending: bool = False


def stretches_of(sort: Sort, today: date) -> list[Stretch]:
    """The stretches of the index that a list is made of, in order."""
    soon = today + timedelta(days=SOON_DAYS)
    due, running = Viewer.due_on, (Viewer.open, ~Viewer.stopped)
    if sort == "received":
        return [Stretch(0, (), Viewer.begun_on, descending=True)]
    if sort == "due":
        return [
            Stretch(0, running, due),
            Stretch(0, (Viewer.open, Viewer.stopped), due),
            Stretch(0, (~Viewer.open, Viewer.stopped), due),
        ]
    return [
        Stretch(TODAY, (*running, due == today), due),
        Stretch(SOON, (*running, due > today, due <= soon), due),
        Stretch(LATE, (*running, due < today), due),
        Stretch(WAITING, (Viewer.open, Viewer.stopped), due),
        Stretch(REST, (*running, due > soon), due),
        Stretch(ENDED, (~Viewer.open, Viewer.stopped), due, descending=True),
    ]


def readers_of(actor: Actor, kinds: Collection[str]) -> Any:
    """The reader's principals, each with each of these kinds of matter, as a table: `reader`, `kind`."""
    held = bindparam("readers", list(actor.principals), type_=ARRAY(BIGINT), unique=True)
    asked = bindparam("kinds", list(kinds), type_=ARRAY(TEXT), unique=True)
    principals = select(func.unnest(held).label("reader")).subquery("principals")
    each = select(func.unnest(asked).label("kind")).subquery("asked")
    return select(principals.c.reader, each.c.kind).select_from(principals).join(each, true()).subquery("readers")


def of_reader(readers: Any) -> tuple[SQLColumnExpression[bool], ...]:
    """The condition of index rows that one of these principals sees now, and that are of that kind."""
    return Viewer.principal == readers.c.reader, Viewer.kind == readers.c.kind, still_counts()


def of_group(name: str, today: date) -> tuple[SQLColumnExpression[bool], ...]:
    """The conditions of one of GROUPS, for a list in another order than that of work."""
    return next(one.where for one in stretches_of("work", today) if one.group == GROUPS[name])


def asked_for(stretch: Stretch, asked: Conditions, sort: Sort) -> bool:
    """Whether rows of this stretch can be among what was asked for."""
    if sort == "work":
        if asked.when in GROUPS:
            return stretch.group == GROUPS[asked.when]
        if stretch.group == ENDED:
            return not asked.open and not (asked.state and asked.state not in (State.CLOSED, State.WITHDRAWN))
        return asked.state not in (State.CLOSED, State.WITHDRAWN)
    return True


def reaches(stretch: Stretch, place: Place | None) -> bool:
    """Whether the page that begins at that place can reach this stretch."""
    if place is None:
        return True
    return stretch.group <= place.group if place.back else stretch.group >= place.group


def first_of(
    actor: Actor, kinds: Collection[str], stretch: Stretch, wanted: Wanted, place: Place | None, limit: int
) -> Select[Any]:
    """The first rows of one stretch, of each principal and kind, from the place on."""
    back = place is not None and place.back
    falling = stretch.descending != back
    key = (stretch.column, Viewer.record_id)
    inner = select(Viewer.record_id, stretch.column.label("day"), Viewer.task).select_from(Viewer)
    readers = readers_of(actor, kinds)
    inner = hung(inner.where(*of_reader(readers), *stretch.where), wanted)
    if place is not None and place.group == stretch.group:
        edge = tuple_(literal(place.day), literal(place.matter_id))
        inner = inner.where(tuple_(*key) < edge if falling else tuple_(*key) > edge)
    ordered = [part.desc() if falling else part.asc() for part in key]
    first = inner.order_by(*ordered).limit(limit).correlate(readers).lateral(f"stretch_{stretch.group}")
    return (
        select(first.c.record_id, literal_column(str(stretch.group)).label("grp"), first.c.day, first.c.task)
        .select_from(readers)
        .join(first, true())
    )


def in_order(found: Any, descending: bool, back: bool) -> list[Any]:
    """By group, then by day and matter; downwards in the last group, or throughout."""
    group, day, key = found.c.grp, found.c.day, found.c.record_id
    if descending:
        parts = [group.asc(), day.desc(), key.desc()]
        return [group.desc(), day.asc(), key.asc()] if back else parts
    ended = group == ENDED
    rising, falling = case((~ended, day)), case((ended, day))
    rising_key, falling_key = case((~ended, key)), case((ended, key))
    if back:
        return [group.desc(), rising.desc(), falling.asc(), rising_key.desc(), falling_key.asc()]
    return [group.asc(), rising.asc(), falling.desc(), rising_key.asc(), falling_key.desc()]
