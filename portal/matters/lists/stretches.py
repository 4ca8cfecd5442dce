"""The order of a list: the stretches of the index that it is made of, and where in them a page begins.

A statement of a list is kept for each shape (`kernel.statements`): what differs between askings are the values named here.

Each of the reader's principals is one index scan with a limit, then matters are counted once each. The cost depends on
the page, not on how many matters there are; whoever may see nothing pays nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import (
    Date,
    DateTime,
    Integer,
    Select,
    SQLColumnExpression,
    Uuid,
    bindparam,
    case,
    func,
    literal_column,
    select,
    true,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT, TEXT

from portal.access.actor import Actor
from portal.access.models import Viewer
from portal.access.visibility import still_counts
from portal.deadlines.lamp import SOON_DAYS
from portal.kernel import clock
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


READERS: Any = bindparam("readers", type_=ARRAY(BIGINT))
KINDS: Any = bindparam("kinds", type_=ARRAY(TEXT))
NOW: Any = bindparam("now", type_=DateTime(timezone=True))
TODAY_ON: Any = bindparam("today", type_=Date)
SOON_ON: Any = bindparam("soon", type_=Date)
EDGE_DAY: Any = bindparam("edge_day", type_=Date)
EDGE_ID: Any = bindparam("edge_id", type_=Uuid)
LIMIT: Any = bindparam("limit", type_=Integer)


def values_of(actor: Actor, kinds: Collection[str], limit: int, place: Place | None = None) -> dict[str, Any]:
    """The values of a list of these kinds for this reader, now; of a page that begins at that place."""
    today = clock.today()
    edge = {} if place is None else {"edge_day": place.day, "edge_id": place.matter_id}
    return {
        "readers": list(actor.principals),
        "kinds": list(kinds),
        "now": clock.now(),
        "today": today,
        "soon": today + timedelta(days=SOON_DAYS),
        "limit": limit,
        **edge,
    }


def stretches_of(sort: Sort) -> list[Stretch]:
    """The stretches of the index that a list is made of, in order."""
    today, soon = TODAY_ON, SOON_ON
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


def readers_of(tasks: Any = None) -> Any:
    """The reader's principals, each with each of the kinds of matter that are listed, as a table: `reader`, `kind`; each of those
    with each of the `tasks`, where there are any: `task`."""
    principals = select(func.unnest(READERS).label("reader")).subquery("principals")
    each = select(func.unnest(KINDS).label("kind")).subquery("asked")
    readers = select(principals.c.reader, each.c.kind).select_from(principals).join(each, true())
    if tasks is not None:
        waiting = select(func.unnest(tasks).label("task")).subquery("waiting")
        readers = readers.join(waiting, true()).add_columns(waiting.c.task)
    return readers.subquery("readers")


def of_reader(readers: Any) -> tuple[SQLColumnExpression[bool], ...]:
    """The condition of index rows that one of these principals sees now, and that are of that kind, and wait for that task."""
    waits = (Viewer.task == readers.c.task,) if "task" in readers.c else ()
    return Viewer.principal == readers.c.reader, Viewer.kind == readers.c.kind, *waits, still_counts(NOW)


def of_group(name: str) -> tuple[SQLColumnExpression[bool], ...]:
    """The conditions of one of GROUPS, for a list in another order than that of work."""
    return next(one.where for one in stretches_of("work") if one.group == GROUPS[name])


def asked_for(stretch: Stretch, asked: Conditions, sort: Sort) -> bool:
    """Whether rows of this stretch can be among what was asked for. What has ended waits for nothing."""
    if sort == "work":
        if asked.when in GROUPS:
            return stretch.group == GROUPS[asked.when]
        if stretch.group == ENDED:
            return not asked.open and not asked.task and not (asked.state and asked.state not in (State.CLOSED, State.WITHDRAWN))
        return asked.state not in (State.CLOSED, State.WITHDRAWN)
    return True


def reaches(stretch: Stretch, place: Place | None) -> bool:
    """Whether the page that begins at that place can reach this stretch."""
    if place is None:
        return True
    return stretch.group <= place.group if place.back else stretch.group >= place.group


def first_of(stretch: Stretch, wanted: Wanted, place: Place | None) -> Select[Any]:
    """The first rows of one stretch, of each principal and kind, from the place on."""
    back = place is not None and place.back
    falling = stretch.descending != back
    key = (stretch.column, Viewer.record_id)
    inner = select(Viewer.record_id, stretch.column.label("day"), Viewer.task).select_from(Viewer)
    readers = readers_of(wanted.tasks)
    inner = hung(inner.where(*of_reader(readers), *stretch.where), wanted)
    if place is not None and place.group == stretch.group:
        edge = tuple_(EDGE_DAY, EDGE_ID)
        inner = inner.where(tuple_(*key) < edge if falling else tuple_(*key) > edge)
    ordered = [part.desc() if falling else part.asc() for part in key]
    first = inner.order_by(*ordered).limit(LIMIT).correlate(readers).lateral(f"stretch_{stretch.group}")
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
