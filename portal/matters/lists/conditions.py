"""What is asked of the register, as conditions on the index row and on what hangs on it.

What was typed is looked up in the characters first: few matters are then compared word by word, many are read in order
and not counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, SQLColumnExpression, Uuid, any_, bindparam, exists, false, or_, select
from sqlalchemy.dialects.postgresql import ARRAY

from portal.access.actor import Actor
from portal.access.models import Viewer
from portal.access.record import Record
from portal.deadlines.rules import SourceLevel
from portal.matters.models import Content, Matter
from portal.matters.search import holds, records_holding, words_of
from portal.network.models import Unit
from portal.network.queries import resolve_unit
from portal.papers.models import Paper
from portal.registry.tasks import TASKS

MOST_COUNTED = 1000
MOST_LOOKED_UP = 8  # words that are looked up; what more is typed is compared alone


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
class Wanted:
    """Conditions on the index row, and on what hangs on it. `many`: too much holds what was typed for it to be counted."""

    viewer: tuple[SQLColumnExpression[bool], ...] = ()
    matter: tuple[SQLColumnExpression[bool], ...] = ()
    content: tuple[SQLColumnExpression[bool], ...] = ()
    many: bool = False


def wanted_of(actor: Actor, asked: Conditions) -> Wanted:
    """What this reader asked for, as conditions; one statement for each word typed. Where nothing holds it the list is read all
    the same: an answer that came sooner would tell of what he may not see."""
    viewer: list[SQLColumnExpression[bool]] = []
    matter: list[SQLColumnExpression[bool]] = []
    content: list[SQLColumnExpression[bool]] = []
    if asked.open:
        viewer.append(Viewer.open)
    if asked.state:
        viewer.append(Viewer.state == asked.state)
    if asked.task:
        viewer.append(Viewer.task.in_(TASKS.names) if asked.task == "any" else Viewer.task == asked.task)
    if asked.due_from:
        viewer.append(Viewer.due_on >= asked.due_from)
    if asked.due_to:
        viewer.append(Viewer.due_on <= asked.due_to)
    if asked.received_from:
        viewer.append(Viewer.begun_on >= asked.received_from)
    if asked.received_to:
        viewer.append(Viewer.begun_on <= asked.received_to)
    if asked.source == "high":
        viewer.append(Viewer.rank <= SourceLevel.PROVINCE.rank)
    elif asked.source:
        viewer.append(Viewer.rank == SourceLevel(asked.source).rank)
    if asked.returned:
        viewer.append(Viewer.flag)
    words: list[str] = []
    if asked.leader:
        words += (said := words_of(asked.leader))
        content += [_says("leader", word) for word in said] or [false()]
    if asked.text:
        words += (said := words_of(asked.text))
        content += [_speaks_of(word) for word in said] or [false()]
    if asked.unit:
        if unit := resolve_unit(asked.unit):
            viewer.append(_led_by(unit, asked.subtree))
        else:
            words += (said := words_of(asked.unit))
            matter += [holds(Matter.lead_unit_name, word) for word in said] or [false()]
    looked_up = [records_holding(actor, word, MOST_COUNTED) for word in dict.fromkeys(words[:MOST_LOOKED_UP])]
    few = [found for found in looked_up if found is not None]
    viewer += [Viewer.record_id == any_(bindparam("held", found, type_=ARRAY(Uuid()), unique=True)) for found in few]
    return Wanted(tuple(viewer), tuple(matter), tuple(content), many=bool(looked_up) and not few)


def _led_by(unit: Unit, subtree: bool) -> SQLColumnExpression[bool]:
    if not subtree:
        return Viewer.unit_id == unit.id
    return Viewer.unit_id.in_(select(Unit.id).where(Unit.path.contains([unit.id])))


def _says(field: str, word: str) -> SQLColumnExpression[bool]:
    return holds(Content.plain[field].astext, word)


def _speaks_of(word: str) -> SQLColumnExpression[bool]:
    """Part of number or unit, of the shell too; or of title, leader, document number or a report's number, where they are
    seen."""
    return or_(
        holds(Record.number, word),
        holds(Matter.lead_unit_name, word),
        *(_says(field, word) for field in ("title", "leader", "document_number")),
        exists().where(Paper.record_id == Viewer.record_id, ~Paper.confidential, holds(Paper.document_number, word)),
    )


def hung(statement: Select[Any], wanted: Wanted) -> Select[Any]:
    """A statement over index rows, held to what is wanted."""
    statement = statement.where(*wanted.viewer)
    if wanted.matter or wanted.content:
        statement = statement.join(Matter, Matter.id == Viewer.record_id).join(Record, Record.id == Matter.id).where(*wanted.matter)
    if wanted.content:
        statement = statement.outerjoin(Content, Content.record_id == Viewer.record_id).where(*wanted.content)
    return statement
