"""The register as its reader may see it: conditions, order and keyset paging, found from the reader's side.

Each of the reader's principals is one index scan with a limit, then matters are counted once each. The cost depends on
the page, not on how many matters there are; whoever may see nothing pays nothing. What was typed is looked up in the
pairs of characters first: few matters are then compared word by word, many are read in order and not counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import (
    Select,
    SQLColumnExpression,
    Uuid,
    any_,
    bindparam,
    case,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
    tuple_,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT, TEXT
from sqlalchemy.orm.attributes import set_committed_value

from portal.access.actor import Actor
from portal.access.models import Viewer
from portal.access.roles import audience_principal
from portal.access.visibility import as_seen_by, still_counts
from portal.deadlines.lamp import SOON_DAYS
from portal.kernel import clock
from portal.kernel.db import db
from portal.matters.models import Matter, MatterContent, State
from portal.matters.search import matters_holding
from portal.network.models import Unit
from portal.network.queries import unit_meant
from portal.workflow.models import SignOff, Step

MOST_COUNTED = 1000
PAGE_SIZE = 25
EXPORT_BATCH = 500

Sort = Literal["work", "due", "received"]
MINE = -1
TODAY, SOON, LATE, WAITING, REST, ENDED = range(6)
TASKS = ("assign", "name_handler", "acknowledge", "work", "rework", "sign", "review", "decide_extension")
GROUPS = {"today": TODAY, "soon": SOON, "late": LATE, "waiting": WAITING, "rest": REST}


@dataclass(frozen=True, slots=True)
class Conditions:
    """What the reader asked for. `when` is one of GROUPS; `due_from`…`received_to` are days, both ends included;
    `source` a level or `high` (central and province); `task` one of the tasks of an index row, or `any`."""

    text: str = ""
    unit: str = ""
    subtree: bool = False
    leader: str = ""
    state: str = ""
    source: str = ""
    task: str = ""
    when: str = ""
    open: bool = False
    returned: bool = False
    due_from: date | None = None
    due_to: date | None = None
    received_from: date | None = None
    received_to: date | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """The edge of a page: the group, day and matter next to which the page begins, and on which side it lies."""

    group: int
    day: date
    matter_id: UUID
    back: bool = False


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
    """One page. `total` is counted no further than `MOST_COUNTED` + 1; None where it was not asked for, or where too many
    hold what was typed."""

    rows: list[Row]
    next: Place | None
    previous: Place | None
    total: int | None


@dataclass(frozen=True, slots=True)
class _Branch:
    group: int
    where: tuple[SQLColumnExpression[bool], ...]
    column: Any
    descending: bool = False


def _branches(sort: Sort, today: date) -> list[_Branch]:
    """The stretches of the index that a list is made of, in order."""
    soon = today + timedelta(days=SOON_DAYS)
    due, running = Viewer.due_on, (Viewer.open, ~Viewer.stopped)
    if sort == "received":
        return [_Branch(0, (), Viewer.received_on, descending=True)]
    if sort == "due":
        return [
            _Branch(0, running, due),
            _Branch(0, (Viewer.open, Viewer.stopped), due),
            _Branch(0, (~Viewer.open, Viewer.stopped), due),
        ]
    return [
        _Branch(TODAY, (*running, due == today), due),
        _Branch(SOON, (*running, due > today, due <= soon), due),
        _Branch(LATE, (*running, due < today), due),
        _Branch(WAITING, (Viewer.open, Viewer.stopped), due),
        _Branch(REST, (*running, due > soon), due),
        _Branch(ENDED, (~Viewer.open, Viewer.stopped), due, descending=True),
    ]


def readers_of(actor: Actor) -> Any:
    """The reader's principals, as a table of one column, `reader`."""
    held = bindparam("readers", list(actor.principals), type_=ARRAY(BIGINT), unique=True)
    return select(func.unnest(held).label("reader")).subquery("readers")


def page_of(
    actor: Actor,
    conditions: Conditions,
    sort: Sort = "work",
    place: Place | None = None,
    size: int = PAGE_SIZE,
    *,
    count: bool = True,
) -> Page:
    """One page of the register as this reader sees it, in one statement, and one more for each thing typed.

    Order of work: due today, due within seven days, overdue with the longest first, what waits for a review or for a
    decided extension, the rest by due date, then what has ended with the newest first.
    """
    today = clock.today()
    wanted = _wanted(conditions)
    branches = [b for b in _branches(sort, today) if _asked_for(b, conditions, sort)]
    if conditions.when in GROUPS and sort != "work":
        wanted = replace(wanted, viewer=(*wanted.viewer, *_when(conditions.when, today)))
    back = place is not None and place.back
    count = count and not wanted.many
    parts = [_part(actor, b, wanted, place, size + 1) for b in branches if _reaches(b, place)]
    if not parts or wanted.none:
        return Page([], None, None, 0)
    found = union_all(*parts).subquery("found")
    descending = sort == "received"
    order = _order(found, descending, back)
    here = (
        select(found.c.matter_id, found.c.grp, found.c.day, func.max(found.c.task).label("task"))
        .group_by(found.c.matter_id, found.c.grp, found.c.day)
        .order_by(*order)
        .limit(size + 1)
        .subquery("here")
    )
    total = _total(actor, wanted, branches if conditions.when in GROUPS and sort == "work" else None) if count else None
    statement = (
        select(Matter, MatterContent, here.c.grp, here.c.day, here.c.task, _step().label("step"))
        .join(here, here.c.matter_id == Matter.id)
        .outerjoin(MatterContent, MatterContent.matter_id == Matter.id)
        .order_by(*_order(here, descending, back))
        .options(as_seen_by(actor))
    )
    if total is not None:
        statement = statement.add_columns(total.label("total"))
    found_rows = db.session.execute(statement).all()
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


def first_rows(actor: Actor, each: int = 5) -> list[Row]:
    """The first rows of each group that is open, and before them what waits for the reader himself; one statement. A
    matter that is his own work stands there alone."""
    parts = [_mine(actor, each + 1)]
    parts += [
        _part(actor, b, _Wanted((Viewer.task.is_(None),)), None, each + 1)
        for b in _branches("work", clock.today())
        if b.group != ENDED
    ]
    found = union_all(*parts).subquery("found")
    here = (
        select(found.c.matter_id, func.min(found.c.grp).label("grp"), found.c.day, func.max(found.c.task).label("task"))
        .group_by(found.c.matter_id, found.c.day)
        .subquery("here")
    )
    statement = (
        select(Matter, MatterContent, here.c.grp, here.c.day, here.c.task, _step().label("step"))
        .join(here, here.c.matter_id == Matter.id)
        .outerjoin(MatterContent, MatterContent.matter_id == Matter.id)
        .order_by(here.c.grp, here.c.day, here.c.matter_id)
        .options(as_seen_by(actor))
    )
    return [_row(*row) for row in db.session.execute(statement)]


def _mine(actor: Actor, limit: int) -> Select[Any]:
    readers = readers_of(actor)
    tasks = select(func.unnest(bindparam("tasks", list(TASKS), type_=ARRAY(TEXT), unique=True)).label("task")).subquery()
    first = (
        select(Viewer.matter_id, Viewer.due_on.label("day"), Viewer.task)
        .where(Viewer.principal == readers.c.reader, Viewer.task == tasks.c.task)
        .order_by(Viewer.due_on, Viewer.matter_id)
        .limit(limit)
        .correlate(readers, tasks)
        .lateral("own")
    )
    own = (
        select(first.c.matter_id, first.c.day, func.max(first.c.task).label("task"))
        .select_from(readers)
        .join(tasks, true())
        .join(first, true())
        .group_by(first.c.matter_id, first.c.day)
        .order_by(first.c.day, first.c.matter_id)
        .limit(limit)
        .subquery("mine")
    )
    return select(own.c.matter_id, literal_column(str(MINE)).label("grp"), own.c.day, own.c.task)


def every_row(actor: Actor, conditions: Conditions, sort: Sort = "work") -> Iterator[Row]:
    """The whole list as filtered, batch by batch, each row once."""
    place: Place | None = None
    while True:
        page = page_of(actor, conditions, sort, place, EXPORT_BATCH, count=False)
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
            .select_from(MatterContent)
            .join(Viewer, Viewer.matter_id == MatterContent.matter_id)
            .where(Viewer.principal == audience_principal(actor.person_id), MatterContent.confidential)
            .limit(1)
            .options(as_seen_by(actor))
        )
    )


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Conditions on the index row, and on what hangs on it. `none`: nothing holds what was typed; `many`: too much does."""

    viewer: tuple[SQLColumnExpression[bool], ...] = ()
    matter: tuple[SQLColumnExpression[bool], ...] = ()
    content: tuple[SQLColumnExpression[bool], ...] = ()
    none: bool = False
    many: bool = False


def _wanted(asked: Conditions) -> _Wanted:
    viewer: list[SQLColumnExpression[bool]] = []
    matter: list[SQLColumnExpression[bool]] = []
    content: list[SQLColumnExpression[bool]] = []
    if asked.open:
        viewer.append(Viewer.open)
    if asked.state:
        viewer.append(Viewer.state == asked.state)
    if asked.task:
        viewer.append(Viewer.task.in_(TASKS) if asked.task == "any" else Viewer.task == asked.task)
    if asked.due_from:
        viewer.append(Viewer.due_on >= asked.due_from)
    if asked.due_to:
        viewer.append(Viewer.due_on <= asked.due_to)
    if asked.received_from:
        viewer.append(Viewer.received_on >= asked.received_from)
    if asked.received_to:
        viewer.append(Viewer.received_on <= asked.received_to)
    if asked.source == "high":
        viewer.append(Viewer.source_level.in_(("central", "province")))
    elif asked.source:
        viewer.append(Viewer.source_level == asked.source)
    if asked.returned:
        viewer.append(Viewer.returned)
    typed = [said for said in (asked.leader, asked.text) if said]
    if asked.unit:
        if unit := unit_meant(asked.unit):
            viewer.append(_led_by(unit, asked.subtree))
        else:
            typed.append(asked.unit)
            matter.append(Matter.lead_unit_name.contains(asked.unit, autoescape=True))
    if asked.leader:
        content.append(_says("leader", asked.leader))
    if asked.text:
        content.append(_speaks_of(asked.text))
    looked_up = [matters_holding(said, MOST_COUNTED) for said in typed]
    few = [found for found in looked_up if found is not None]
    viewer += [Viewer.matter_id == any_(bindparam("held", found, type_=ARRAY(Uuid()), unique=True)) for found in few]
    return _Wanted(
        tuple(viewer), tuple(matter), tuple(content),
        none=any(not found for found in few), many=bool(looked_up) and not few,
    )


def _led_by(unit: Unit, subtree: bool) -> SQLColumnExpression[bool]:
    if not subtree:
        return Viewer.lead_unit_id == unit.id
    return Viewer.lead_unit_id.in_(select(Unit.id).where(Unit.path.contains([unit.id])))


def _says(word: str, typed: str) -> SQLColumnExpression[bool]:
    said: SQLColumnExpression[bool] = MatterContent.plain[word].astext.icontains(typed, autoescape=True)
    return said


def _speaks_of(typed: str) -> SQLColumnExpression[bool]:
    """Part of number or unit, of the shell too; or of title, leader or document number where the content is seen."""
    return or_(
        Matter.number.icontains(typed, autoescape=True),
        Matter.lead_unit_name.icontains(typed, autoescape=True),
        *(_says(word, typed) for word in ("title", "leader", "document_number")),
    )


def _when(name: str, today: date) -> tuple[SQLColumnExpression[bool], ...]:
    return next(b.where for b in _branches("work", today) if b.group == GROUPS[name])


def _asked_for(branch: _Branch, asked: Conditions, sort: Sort) -> bool:
    if sort == "work":
        if asked.when in GROUPS:
            return branch.group == GROUPS[asked.when]
        if branch.group == ENDED:
            return not asked.open and not (asked.state and asked.state not in (State.CLOSED, State.WITHDRAWN))
        return asked.state not in (State.CLOSED, State.WITHDRAWN)
    return True


def _reaches(branch: _Branch, place: Place | None) -> bool:
    if place is None:
        return True
    return branch.group <= place.group if place.back else branch.group >= place.group


def _hung(statement: Select[Any], wanted: _Wanted) -> Select[Any]:
    statement = statement.where(*wanted.viewer)
    if wanted.matter or wanted.content:
        statement = statement.join(Matter, Matter.id == Viewer.matter_id).where(*wanted.matter)
    if wanted.content:
        statement = statement.outerjoin(MatterContent, MatterContent.matter_id == Viewer.matter_id).where(
            *wanted.content
        )
    return statement


def _part(actor: Actor, branch: _Branch, wanted: _Wanted, place: Place | None, limit: int) -> Select[Any]:
    """The first rows of one stretch, of each principal, from the place on."""
    back = place is not None and place.back
    falling = branch.descending != back
    key = (branch.column, Viewer.matter_id)
    inner = select(Viewer.matter_id, branch.column.label("day"), Viewer.task).select_from(Viewer)
    readers = readers_of(actor)
    inner = _hung(inner.where(Viewer.principal == readers.c.reader, still_counts(), *branch.where), wanted)
    if place is not None and place.group == branch.group:
        edge = tuple_(literal(place.day), literal(place.matter_id))
        inner = inner.where(tuple_(*key) < edge if falling else tuple_(*key) > edge)
    ordered = [part.desc() if falling else part.asc() for part in key]
    first = inner.order_by(*ordered).limit(limit).correlate(readers).lateral(f"stretch_{branch.group}")
    return (
        select(first.c.matter_id, literal_column(str(branch.group)).label("grp"), first.c.day, first.c.task)
        .select_from(readers)
        .join(first, true())
    )


def _order(found: Any, descending: bool, back: bool) -> list[Any]:
    """By group, then by day and matter; downwards in the last group, or throughout."""
    group, day, key = found.c.grp, found.c.day, found.c.matter_id
    if descending:
        parts = [group.asc(), day.desc(), key.desc()]
        return [group.desc(), day.asc(), key.asc()] if back else parts
    ended = group == ENDED
    rising, falling = case((~ended, day)), case((ended, day))
    rising_key, falling_key = case((~ended, key)), case((ended, key))
    if back:
        return [group.desc(), rising.desc(), falling.asc(), rising_key.desc(), falling_key.asc()]
    return [group.asc(), rising.asc(), falling.desc(), rising_key.asc(), falling_key.desc()]


def _total(actor: Actor, wanted: _Wanted, branches: list[_Branch] | None, most: int = MOST_COUNTED) -> Any:
    """How many there are, counted no further than one beyond the most."""
    readers = readers_of(actor)
    inner = _hung(select(Viewer.matter_id).select_from(Viewer).where(Viewer.principal == readers.c.reader, still_counts()), wanted)
    for branch in branches or ():
        inner = inner.where(*branch.where)
    # Any of them would do; named in the order of the index, they are never looked for by reading the whole table.
    inner = inner.order_by(Viewer.open, Viewer.stopped, Viewer.due_on, Viewer.matter_id)
    some = inner.limit(most + 1).correlate(readers).lateral("some")
    once = select(some.c.matter_id).select_from(readers).join(some, true()).distinct().limit(most + 1).subquery()
    return select(func.count()).select_from(once).scalar_subquery()


def _step() -> Any:
    """The step that waits, as `kind:role`, where the matter is in sign-off and the reader sees its content."""
    now = (
        select(func.concat(Step.kind, ":", Step.role))
        .join(SignOff, (SignOff.report_id == Step.report_id) & (SignOff.generation == Step.generation))
        .where(Step.matter_id == Matter.id, Step.reached_at.is_not(None), SignOff.ended_at.is_(None))
        .order_by(Step.number.desc())
        .limit(1)
        .correlate(Matter)
        .scalar_subquery()
    )
    return case((Matter.state == State.IN_SIGN_OFF, now))


def _row(
    matter: Matter, content: MatterContent | None, group: int, day: date, task: str | None, step: str | None
) -> Row:
    set_committed_value(matter, "content", content)
    kind, _colon, role = (step or "").partition(":")
    return Row(matter, group, day, task, (kind, role) if step else None)


def _edge(row: Row, *, back: bool) -> Place:
    return Place(row.group, row.day, row.matter.id, back)
