"""The rows themselves, read through the seam: a page, the desk's first rows, the whole list for a file."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import Select, bindparam, case, func, literal, literal_column, select, true, union_all
from sqlalchemy.dialects.postgresql import ARRAY, TEXT
from sqlalchemy.orm.attributes import set_committed_value

from portal.access.actor import Actor
from portal.access.models import Viewer
from portal.access.roles import audience_principal
from portal.access.visibility import SEEN_BY, as_seen_by
from portal.kernel.db import db
from portal.kernel.statements import Kept
from portal.matters.lists.conditions import MOST_COUNTED, Conditions, Wanted, hung, wanted_of
from portal.matters.lists.stretches import (
    ENDED,
    GROUPS,
    LIMIT,
    Place,
    Sort,
    Stretch,
    asked_for,
    first_of,
    in_order,
    of_group,
    of_reader,
    reaches,
    readers_of,
    stretches_of,
    values_of,
)
from portal.matters.models import Content, Matter, State
from portal.papers.models import SignOff, Step
from portal.registry.tasks import TASKS

_PAGES = Kept()
PAGE_SIZE = 25
EXPORT_BATCH = 500
MINE = -1


@dataclass(frozen=True, slots=True)
class Row:
    """One matter in a list: the shell with its content where the reader sees it, what it waits for from him, and the
    sign-off step that waits."""

    matter: Matter
    group: int
    day: date
    task: str | None
    step: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class Page:
    """One page. `total` is counted no further than `MOST_COUNTED` + 1, unless it was to be exact; None where it was not asked for,
    or where too many hold what was typed."""

    rows: list[Row]
    next: Place | None
    previous: Place | None
    total: int | None


def page_of(
    actor: Actor,
    kinds: Collection[str],
    conditions: Conditions,
    sort: Sort = "work",
    place: Place | None = None,
    size: int = PAGE_SIZE,
    *,
    count: bool = True,
    exact: bool = False,
) -> Page:
    """One page of the list of these kinds as this reader sees it, in one statement, and one more for each word typed. `exact`: it
    is counted to the end, which takes as long as they see matters.

    Order of work: due today, due within seven days, overdue with the longest first, what waits for a review or for a
    decided extension, the rest by due date, then what has ended with the newest first.
    """
    wanted = wanted_of(actor, conditions)
    if conditions.when in GROUPS and sort != "work":
        wanted = replace(wanted, viewer=(*wanted.viewer, *of_group(conditions.when)), shape=(*wanted.shape, conditions.when))
    stretches = [one for one in stretches_of(sort) if asked_for(one, conditions, sort)]
    reached = [one for one in stretches if reaches(one, place)]
    if not reached:
        return Page([], None, None, 0)
    back = place is not None and place.back
    count = count and not wanted.many
    counted_in = stretches if conditions.when in GROUPS and sort == "work" else []
    where = None if place is None else (place.group, back)
    groups = tuple(one.group for one in reached), tuple(one.group for one in counted_in)
    found_rows = _PAGES.execute(
        ("page", sort, wanted.shape, where, count, exact, groups),
        lambda: _page(reached, wanted, place, sort, counted_in if count else None, None if exact else MOST_COUNTED),
        {**values_of(actor, kinds, size + 1, place), **wanted.values},
        {SEEN_BY: actor},
    ).all()
    rows = [_row(*row[:6]) for row in found_rows]
    more, rows = len(rows) > size, rows[:size]
    if back:
        rows.reverse()
    counted = None
    if count:
        counted = found_rows[0].total if found_rows else 0
    first = _edge(rows[0], back=True) if rows else None
    last = _edge(rows[-1], back=False) if rows else None
    return Page(
        rows,
        next=last if (more or back) else None,
        previous=first if (more if back else place is not None) else None,
        total=counted,
    )


def _page(
    stretches: Sequence[Stretch],
    wanted: Wanted,
    place: Place | None,
    sort: Sort,
    counted_in: Sequence[Stretch] | None,
    most: int | None,
) -> Select[Any]:
    """The statement of a page; with how many there are, in these stretches where it names any, counted as far as `_total` says."""
    back, descending = place is not None and place.back, sort == "received"
    found = union_all(*(first_of(one, wanted, place) for one in stretches)).subquery("found")
    here = (
        select(found.c.record_id, found.c.grp, found.c.day, func.max(found.c.task).label("task"))
        .group_by(found.c.record_id, found.c.grp, found.c.day)
        .order_by(*in_order(found, descending, back))
        .limit(LIMIT)
        .subquery("here")
    )
    statement = _with_matters(here).order_by(*in_order(here, descending, back))
    return statement if counted_in is None else statement.add_columns(_total(wanted, counted_in, most).label("total"))


def first_rows(actor: Actor, kinds: Collection[str], each: int = 5) -> list[Row]:
    """The first rows of each group that is open, and before them what waits for the reader themself; one statement. A
    matter that is their own work stands there alone."""
    values = {**values_of(actor, kinds, each + 1), "tasks": list(TASKS.names)}
    return [_row(*row) for row in _PAGES.execute("first rows", _first_rows, values, {SEEN_BY: actor})]


def _first_rows() -> Select[Any]:
    parts = [_mine()]
    parts += [first_of(one, Wanted((Viewer.task.is_(None),)), None) for one in stretches_of("work") if one.group != ENDED]
    found = union_all(*parts).subquery("found")
    once = (
        select(found.c.record_id, func.min(found.c.grp).label("grp"), found.c.day, func.max(found.c.task).label("task"))
        .group_by(found.c.record_id, found.c.day)
        .subquery("once")
    )
    place = func.row_number().over(partition_by=once.c.grp, order_by=(once.c.day, once.c.record_id)).label("place")
    placed = select(once, place).subquery("placed")
    here = select(placed).where(placed.c.place <= LIMIT).subquery("here")
    return _with_matters(here).order_by(here.c.grp, here.c.day, here.c.record_id)


def _mine() -> Select[Any]:
    readers = readers_of()
    tasks = select(func.unnest(bindparam("tasks", type_=ARRAY(TEXT))).label("task")).subquery()
    first = (
        select(Viewer.record_id, Viewer.due_on.label("day"), Viewer.task)
        .where(*of_reader(readers), Viewer.task == tasks.c.task)
        .order_by(Viewer.due_on, Viewer.record_id)
        .limit(LIMIT)
        .correlate(readers, tasks)
        .lateral("own")
    )
    own = (
        select(first.c.record_id, first.c.day, func.max(first.c.task).label("task"))
        .select_from(readers)
        .join(tasks, true())
        .join(first, true())
        .group_by(first.c.record_id, first.c.day)
        .order_by(first.c.day, first.c.record_id)
        .limit(LIMIT)
        .subquery("mine")
    )
    return select(own.c.record_id, literal_column(str(MINE)).label("grp"), own.c.day, own.c.task)


def every_row(actor: Actor, kinds: Collection[str], conditions: Conditions, sort: Sort = "work") -> Iterator[Row]:
    """The whole list as filtered, batch by batch, each row once."""
    place: Place | None = None
    while True:
        page = page_of(actor, kinds, conditions, sort, place, EXPORT_BATCH, count=False)
        yield from page.rows
        for row in page.rows:
            db.session.expunge(row.matter)
        if page.next is None:
            return
        place = page.next


def any_confidential(actor: Actor) -> bool:
    """Whether the reader's list may hold a confidential matter's content: then nothing of it goes through a file."""
    return bool(
        db.session.scalar(
            select(literal(1))
            .select_from(Content)
            .join(Viewer, Viewer.record_id == Content.record_id)
            .where(Viewer.principal == audience_principal(actor.person_id), Content.confidential)
            .limit(1)
            .options(as_seen_by(actor))
        )
    )


def _with_matters(here: Any) -> Select[Any]:
    """What was found in the index, each with its matter as the reader sees it."""
    return (
        select(Matter, Content, here.c.grp, here.c.day, here.c.task, _step().label("step"))
        .join(here, here.c.record_id == Matter.id)
        .outerjoin(Content, Content.record_id == Matter.id)
    )


def _total(wanted: Wanted, stretches: Sequence[Stretch], most: int | None) -> Any:
    """How many there are, counted no further than one beyond the most, where there is one."""
    end = None if most is None else most + 1
    readers = readers_of(wanted.tasks)
    inner = hung(select(Viewer.record_id).select_from(Viewer).where(*of_reader(readers)), wanted)
    for stretch in stretches:
        inner = inner.where(*stretch.where)
    # Any of them would do; named in the order of the index, they are never looked for by reading the whole table.
    first = () if wanted.tasks is not None else (Viewer.open, Viewer.stopped)
    inner = inner.order_by(*first, Viewer.due_on, Viewer.record_id)
    some = inner.limit(end).correlate(readers).lateral("some")
    once = select(some.c.record_id).select_from(readers).join(some, true()).distinct().limit(end).subquery()
    return select(func.count()).select_from(once).scalar_subquery()


def _step() -> Any:
    """The step that waits, as `kind:role`, where the matter is in sign-off and the reader sees its content."""
    now = (
        select(func.concat(Step.kind, ":", Step.role))
        .join(SignOff, SignOff.id == Step.sign_off_id)
        .where(Step.record_id == Matter.id, Step.reached_at.is_not(None), SignOff.ended_at.is_(None))
        .order_by(Step.number.desc())
        .limit(1)
        .correlate(Matter)
        .scalar_subquery()
    )
    return case((Matter.state == State.IN_SIGN_OFF, now))


def _row(matter: Matter, content: Content | None, group: int, day: date, task: str | None, step: str | None) -> Row:
    set_committed_value(matter, "content", content)
    kind, _colon, role = (step or "").partition(":")
    return Row(matter, group, day, task, (kind, role) if step else None)


def _edge(row: Row, *, back: bool) -> Place:
    return Place(row.group, row.day, row.matter.id, back)
