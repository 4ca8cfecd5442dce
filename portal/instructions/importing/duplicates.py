"""Which rows are there already, in the register or further up in the same workbook. What the importer may not read is not
confirmed to him; of a confidential one its number, where his own office registered it.
"""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select

from portal.access.actor import Actor
from portal.access.record import Record
from portal.access.visibility import as_seen_by
from portal.importing.columns import Column, shown
from portal.importing.judging import Judged, RowError
from portal.instructions.importing.plan import DOCUMENT, TITLE, Key, Planned
from portal.instructions.rules import INSTRUCTION
from portal.kernel.db import current_city, db
from portal.kernel.language import _
from portal.kernel.text import folded
from portal.matters.models import Content, Matter, State
from portal.matters.sameness import Registered, registered


def already(planned: Collection[Planned], actor: Actor) -> dict[Key, Registered]:
    """Which of these instructions are registered: where there are several, a confidential one of his own office first."""
    there = registered(actor, INSTRUCTION, [one.paper for one in planned])
    return {
        (one.paper, str(one.source_level), one.instructed_on.isoformat()): one
        for one in sorted(there, key=lambda one: one.confidential)
    }


def _numbered(planned: Collection[Planned], actor: Actor) -> dict[str, tuple[UUID, str]]:
    """By folded document number the open instruction that bears it, as far as the importer may read it."""
    numbers = {number for one in planned if (number := folded(one.document_number))}
    if not numbers:
        return {}
    found = db.session.execute(
        select(Content.document_folded, Matter.id, Record.number)
        .join(Content, Content.record_id == Matter.id)
        .join(Record, Record.id == Matter.id)
        .where(
            Content.city_id == current_city(),
            Content.document_folded.in_(numbers),
            Record.kind == INSTRUCTION,
            Matter.parent_id.is_(None),
            Matter.state != State.WITHDRAWN,
        )
        .options(as_seen_by(actor))
    )
    return {number: (matter_id, its_number or "") for number, matter_id, its_number in found if number}


def refuse_repeated(judged: Judged[Planned], actor: Actor) -> None:
    """Of the same instruction one row stays, and none where it is registered; an equal document number is worth a look."""
    there = already(judged.good, actor)
    numbered = _numbered(judged.good, actor)
    first: dict[Key, int] = {}
    number_of: dict[str, int] = {}
    kept = []
    for one in judged.good:
        if one.key in there:
            known = there[one.key]
            why, fix = _("已登记过同一件："), _("请从表中删去")
            if known.confidential:
                judged.hide(one.row, TITLE.title, why, fix, record_id=str(known.matter_id), number=known.number)
            else:
                judged.faults.append(_already(one, TITLE, one.title, known.matter_id, known.number, why, fix))
            continue
        if one.key in first:
            why = _("与第 %(row)s 行是同一件", row=first[one.key])
            fix = _("来源、领导、批示日期、标题、字号都相同的只留一行")
            judged.faults.append(RowError(one.row, TITLE.title, shown(one.title), why, fix))
            continue
        first[one.key] = one.row
        kept.append(one)
        number = folded(one.document_number)
        if not number:
            continue
        typed, look = one.document_number or "", _("请核对是否重复登记；可以导入")
        if number in numbered:
            why = _("此字号已用于：")
            judged.faults.append(_already(one, DOCUMENT, typed, *numbered[number], why, look, warning=True))
        elif number in number_of:
            why = _("字号与第 %(row)s 行相同", row=number_of[number])
            judged.faults.append(RowError(one.row, DOCUMENT.title, shown(typed), why, look, warning=True))
        number_of.setdefault(number, one.row)
    judged.good = kept


def _already(
    one: Planned, column: Column[str], value: str, matter_id: UUID, number: str, why: str, fix: str, *, warning: bool = False
) -> RowError:
    return RowError(one.row, column.title, shown(value), why, fix, record_id=str(matter_id), number=number, warning=warning)
