"""How many matters of a reader's index wait for what, and how many fall due when: each count capped, no row fetched."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Boolean, Date, Select, String, bindparam, func, select, true
from sqlalchemy.dialects.postgresql import ARRAY, TEXT
from sqlalchemy.sql.selectable import FromClause

from portal.access.actor import Actor
from portal.access.models import Viewer
from portal.matters.lists.conditions import MOST_COUNTED
from portal.matters.lists.stretches import of_reader, readers_of
from portal.registry.tasks import TASKS

ANY = "any"


class Span(NamedTuple):
    """Open matters whose deadline lies between two days, both included; `stopped` where nothing gets later."""

    first: date
    last: date
    stopped: bool = False


def of_tasks(actor: Actor, kinds: Collection[str]) -> Any:
    """A column with a JSON object: task → how many wait for it from the reader, and under `ANY` how many for any of them,
    each matter once; a task with none is left out."""
    tasks = _table(task=(list(TASKS.names), TEXT))
    waiting = select(Viewer.record_id).where(Viewer.task == tasks.c.task).order_by(Viewer.due_on, Viewer.record_id)
    return _object(actor, kinds, tasks, tasks.c.task, waiting, MOST_COUNTED, together=True)


def of_spans(actor: Actor, kinds: Collection[str], spans: Mapping[str, Span], most: int = MOST_COUNTED) -> Any:
    """A column with a JSON object: name of a span → how many fall into it; a span with none is left out."""
    table = _table(
        name=(list(spans), TEXT),
        first=([span.first for span in spans.values()], Date),
        last=([span.last for span in spans.values()], Date),
        stopped=([span.stopped for span in spans.values()], Boolean),
    )
    within = (
        select(Viewer.record_id)
        .where(
            Viewer.open,
            Viewer.stopped == table.c.stopped,
            Viewer.due_on >= table.c.first,
            Viewer.due_on <= table.c.last,
        )
        .order_by(Viewer.due_on, Viewer.record_id)
    )
    return _object(actor, kinds, table, table.c.name, within, most)


def _table(**columns: tuple[list[Any], Any]) -> FromClause:
    """The values side by side, as a table."""
    arrays = [bindparam(name, values, type_=ARRAY(kind), unique=True) for name, (values, kind) in columns.items()]
    return func.unnest(*arrays).table_valued(*columns).render_derived(name=f"asked_{'_'.join(columns)}")


def _object(
    actor: Actor, kinds: Collection[str], asked: FromClause, name: Any, rows: Select[Any], most: int, *, together: bool = False
) -> Any:
    readers = readers_of(actor, kinds)
    named = func.coalesce(name, ANY) if together else name
    some = rows.where(*of_reader(readers)).limit(most + 1).correlate(readers, asked).lateral("some")
    counted = (
        select(named.label("name"), func.least(func.count(some.c.record_id.distinct()), most + 1).label("found"))
        .select_from(asked)
        .join(readers, true())
        .join(some, true())
        .group_by(func.rollup(name) if together else name)
        .subquery()
    )
    return select(func.jsonb_object_agg(counted.c.name.cast(String), counted.c.found)).scalar_subquery()
