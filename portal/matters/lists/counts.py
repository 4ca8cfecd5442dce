"""How many matters of a reader's index wait for what, and how many fall due when: each count capped, no row fetched."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Boolean, Date, Select, String, bindparam, func, select, true
from sqlalchemy.dialects.postgresql import ARRAY, TEXT
from sqlalchemy.sql.selectable import FromClause

from portal.access.models import Viewer
from portal.matters.lists.stretches import of_reader, readers_of

ANY = "any"
TASK_NAMES = "tasks"
"""Among the values of a statement: all tasks, by name."""


class Span(NamedTuple):
    """Open matters whose deadline lies between two days, both included; `stopped` where nothing gets later."""

    first: date
    last: date
    stopped: bool = False


def of_tasks(most: int) -> Any:
    """A column with a JSON object: task → how many wait for it from the reader, and under `ANY` how many for any of them,
    each matter once, and none counted further than one beyond the most; a task with none is left out. Of a statement that has
    `stretches.values_of` and `TASK_NAMES` as values."""
    tasks = func.unnest(bindparam(TASK_NAMES, type_=ARRAY(TEXT))).table_valued("task").render_derived(name="asked_task")
    waiting = select(Viewer.record_id).where(Viewer.task == tasks.c.task).order_by(Viewer.due_on, Viewer.record_id)
    return _object(tasks, tasks.c.task, waiting, most, together=True)


def of_spans(called: str, most: int) -> Any:
    """A column with a JSON object: name of a span → how many fall into it; a span with none is left out. The spans are among the
    values of the statement, as `spans_of` gives them under this name."""
    columns = {"name": TEXT, "first": Date, "last": Date, "stopped": Boolean}
    arrays: list[Any] = [bindparam(f"{called}_{name}", type_=ARRAY(kind)) for name, kind in columns.items()]
    table = func.unnest(*arrays).table_valued(*columns).render_derived(name=f"asked_{called}")
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
    return _object(table, table.c.name, within, most)


def spans_of(called: str, spans: Mapping[str, Span]) -> dict[str, Any]:
    """These spans as values of a statement that counts them under this name."""
    return {
        f"{called}_name": list(spans),
        f"{called}_first": [span.first for span in spans.values()],
        f"{called}_last": [span.last for span in spans.values()],
        f"{called}_stopped": [span.stopped for span in spans.values()],
    }


def _object(asked: FromClause, name: Any, rows: Select[Any], most: int, *, together: bool = False) -> Any:
    readers = readers_of()
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
