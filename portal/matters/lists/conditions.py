"""What is asked of the register, as conditions on the index row and on what hangs on it.

What was typed is looked up in the characters first: few matters are then compared word by word, many are read in order
and not counted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Date, Integer, Select, SQLColumnExpression, String, Uuid, any_, bindparam, exists, false, or_, select
from sqlalchemy.dialects.postgresql import ARRAY, TEXT

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
    """Conditions on the index row, and on what hangs on it; `tasks`, for one of which it waits, have an index of their own. `many`:
    too much holds what was typed for it to be counted. `shape`: what the conditions are, whatever their `values`."""

    viewer: tuple[SQLColumnExpression[bool], ...] = ()
    matter: tuple[SQLColumnExpression[bool], ...] = ()
    content: tuple[SQLColumnExpression[bool], ...] = ()
    tasks: Any = None
    many: bool = False
    shape: tuple[str, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)


def wanted_of(actor: Actor, asked: Conditions) -> Wanted:
    """What this reader asked for, as conditions; one statement for each word typed. Where nothing holds it the list is read all
    the same: an answer that came sooner would tell of what he may not see."""
    found = _Found()
    if asked.open:
        found.viewer["open"] = Viewer.open
    if asked.state:
        found.viewer["state"] = Viewer.state == found.value("state", asked.state, String)
    if asked.task:
        found.tasks = found.value("tasks", list(TASKS.names) if asked.task == "any" else [asked.task], ARRAY(TEXT))
    if asked.due_from:
        found.viewer["due from"] = Viewer.due_on >= found.value("due_from", asked.due_from, Date)
    if asked.due_to:
        found.viewer["due to"] = Viewer.due_on <= found.value("due_to", asked.due_to, Date)
    if asked.received_from:
        found.viewer["received from"] = Viewer.begun_on >= found.value("received_from", asked.received_from, Date)
    if asked.received_to:
        found.viewer["received to"] = Viewer.begun_on <= found.value("received_to", asked.received_to, Date)
    if asked.source == "high":
        found.viewer["high"] = Viewer.rank <= SourceLevel.PROVINCE.rank
    elif asked.source:
        found.viewer["rank"] = Viewer.rank == found.value("rank", SourceLevel(asked.source).rank, Integer)
    if asked.returned:
        found.viewer["returned"] = Viewer.flag
    words: list[str] = []
    if asked.leader:
        words += found.say("leader", asked.leader, found.content, lambda word: _says("leader", word))
    if asked.text:
        words += found.say("text", asked.text, found.content, _speaks_of)
    if asked.unit:
        if unit := resolve_unit(asked.unit):
            led_by = found.value("unit_id", unit.id, Integer)
            below = Viewer.unit_id.in_(select(Unit.id).where(led_by == any_(Unit.path)))
            found.viewer["subtree" if asked.subtree else "unit"] = below if asked.subtree else Viewer.unit_id == led_by
        else:
            words += found.say("unit", asked.unit, found.matter, lambda word: holds(Matter.lead_unit_name, word))
    looked_up = [records_holding(actor, word, MOST_COUNTED) for word in dict.fromkeys(words[:MOST_LOOKED_UP])]
    few = [ids for ids in looked_up if ids is not None]
    for number, ids in enumerate(few):
        found.viewer[f"held {number}"] = Viewer.record_id == any_(found.value(f"held_{number}", ids, ARRAY(Uuid())))
    return found.wanted(many=bool(looked_up) and not few)


class _Found:
    """The conditions as they are gathered, each under a name, and their values."""

    def __init__(self) -> None:
        self.viewer: dict[str, Any] = {}
        self.matter: dict[str, Any] = {}
        self.content: dict[str, Any] = {}
        self.tasks: Any = None
        self._values: dict[str, Any] = {}

    def value(self, name: str, value: Any, kind: Any) -> Any:
        """A value of the conditions, named in the statement."""
        self._values[f"wanted_{name}"] = value
        return bindparam(f"wanted_{name}", type_=kind)

    def say(self, name: str, typed: str, where: dict[str, Any], holding: Callable[[Any], Any]) -> list[str]:
        """Each of the typed words is held; these words. Of signs alone nothing is."""
        said = words_of(typed)
        if not said:
            where[f"{name}: nothing"] = false()
        for number, word in enumerate(said):
            where[f"{name} {number}"] = holding(self.value(f"{name}_{number}", word, String))
        return said

    def wanted(self, *, many: bool) -> Wanted:
        """All that was gathered."""
        viewer, matter, content = self.viewer, self.matter, self.content
        shape = (*viewer, *matter, *content, *(() if self.tasks is None else ("tasks",)))
        return Wanted(
            tuple(viewer.values()), tuple(matter.values()), tuple(content.values()), self.tasks, many, shape, self._values
        )


def _says(field: str, word: Any) -> SQLColumnExpression[bool]:
    return holds(Content.plain[field].astext, word)


def _speaks_of(word: Any) -> SQLColumnExpression[bool]:
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
