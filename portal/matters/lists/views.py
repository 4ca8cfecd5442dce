"""How a row of a list is put into words: lamp, whose turn it is, groups. Nothing here reads anything."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from typing import Any
from uuid import UUID

from portal.access.roles import Role
from portal.deadlines.lamp import Lamp
from portal.deadlines.rules import SourceLevel
from portal.kernel.language import _, _l
from portal.matters.lists.conditions import Conditions
from portal.matters.lists.pages import Row
from portal.matters.lists.stretches import ENDED, LATE, REST, SOON, TODAY, WAITING, Place
from portal.matters.models import State
from portal.matters.views import lamp_of
from portal.papers.seats import STEP_LABELS
from portal.registry.tasks import TASKS

GROUP_TITLES = {
    TODAY: _l("今日到期"),
    SOON: _l("即将到期"),
    LATE: _l("超期"),
    WAITING: _l("待审核、待批延期"),
    REST: _l("其余在办"),
    ENDED: _l("已办结、已撤销"),
}
WHENS = {"today": _l("今日到期"), "soon": _l("7 日内到期"), "late": _l("超期"), "waiting": _l("待审核、待批延期")}


@dataclass(frozen=True, slots=True)
class DrawnRow:
    """A row as the templates draw it."""

    id: UUID
    url: str
    number: str
    lamp: Lamp
    state: str
    document_number: str | None
    title: str | None
    urgent: bool
    round: int
    source: str
    leader: str | None
    unit: str
    turn: str
    returns: int
    received: date
    by: date
    original: date | None


@dataclass(slots=True)
class DrawnGroup:
    """Rows under one heading."""

    title: str
    note: str
    rows: list[Any] = field(default_factory=list)


def turn_of(row: Row) -> str:
    """Whose turn it is, from what the reader sees: of a shell no more than the unit or the office."""
    matter, content = row.matter, row.matter.content
    match matter.state:
        case State.CLOSED | State.WITHDRAWN:
            return ""
        case State.REGISTERED:
            return _("督查室交办") if matter.supervised_by_office else _("办公室主任交办")
        case State.UNDER_REVIEW:
            return _("督查室审核") if matter.supervised_by_office else _("办公室主任审核")
    if content is None:
        return _("主办单位办理")
    match matter.state:
        case State.ASSIGNED:
            return _("承办人签收") if content.handler_id else _("主办单位指定承办人")
        case State.IN_SIGN_OFF if row.step:
            kind, role = row.step
            return _("%(role)s%(step)s", role=Role(role).label, step=STEP_LABELS[kind])
        case State.IN_SIGN_OFF:
            return _("签批人签批")
    return _("承办人重办") if matter.returns else _("承办人报结")


def drawn(row: Row, url: str) -> DrawnRow:
    """The row for the templates; a shell has neither title, leader nor document number."""
    matter, content = row.matter, row.matter.content
    return DrawnRow(
        id=matter.id,
        url=url,
        number=matter.number,
        lamp=lamp_of(matter),
        state=str(State(matter.state).label),
        document_number=content.document_number if content else None,
        title=content.title if content else None,
        urgent=matter.urgency == "urgent",
        round=matter.round,
        source=str(matter.source_level.label),
        leader=content.leader if content else None,
        unit=matter.lead_unit_name or "",
        turn=turn_of(row),
        returns=matter.returns,
        received=matter.received_on,
        by=matter.due_on,
        original=matter.original_due_on if matter.original_due_on != matter.due_on else None,
    )


def grouped(rows: Sequence[Row], drawn_rows: Iterable[DrawnRow], *, begins: bool, ends: bool) -> list[DrawnGroup]:
    """The rows under their headings; the number stands beside a heading when the whole group is on the page, which the
    first one is where the list begins here, and the last one where it ends here."""
    groups = []
    pairs = list(zip(rows, drawn_rows, strict=True))
    parted = {rows[0].group} if rows and not begins else set()
    parted |= {rows[-1].group} if rows and not ends else set()
    for number, members in groupby(pairs, key=lambda pair: pair[0].group):
        found = [pair[1] for pair in members]
        note = _("%(n)s 件", n=len(found)) if number not in parted else ""
        if number == LATE:
            note = _("%(note)s，久者在前", note=note) if note else _("久者在前")
        groups.append(DrawnGroup(str(GROUP_TITLES[number]), note, found))
    return groups


def place_words(place: Place) -> str:
    """A place as it stands in an address."""
    return f"{place.group}.{place.day.isoformat()}.{place.matter_id.hex}"


def place_from(words: str, *, back: bool) -> Place | None:
    """The place that an address names; None for anything else."""
    parts = words.split(".")
    if len(parts) != 3:
        return None
    try:
        return Place(int(parts[0]), date.fromisoformat(parts[1]), UUID(hex=parts[2]), back)
    except ValueError:
        return None


def chip_labels(asked: Conditions) -> dict[str, str]:
    """Name in the address → what the condition says."""
    found: dict[str, str] = {}
    if asked.text:
        found["q"] = _("含“%(text)s”", text=asked.text)
    if asked.unit:
        found["unit"] = _("主办单位：%(unit)s", unit=asked.unit)
    if asked.subtree and asked.unit:
        found["subtree"] = _("含下级单位")
    if asked.leader:
        found["leader"] = _("批示领导：%(leader)s", leader=asked.leader)
    if asked.source:
        found["source"] = _("省级以上") if asked.source == "high" else str(SourceLevel(asked.source).label)
    if asked.state:
        found["state"] = str(State(asked.state).label)
    if asked.task:
        found["task"] = _("待我办") if asked.task == "any" else _("待我办：%(task)s", task=TASKS[asked.task].label)
    if asked.when:
        found["when"] = str(WHENS.get(asked.when, asked.when))
    if asked.open:
        found["open"] = _("在办")
    if asked.returned:
        found["returned"] = _("退回过的")
    for name, day, sentence in (
        ("due_from", asked.due_from, _l("期限 %(day)s 起")),
        ("due_to", asked.due_to, _l("期限至 %(day)s")),
        ("received_from", asked.received_from, _l("收到日期 %(day)s 起")),
        ("received_to", asked.received_to, _l("收到日期至 %(day)s")),
    ):
        if day is not None:
            found[name] = str(sentence) % {"day": day.isoformat()}
    return found
