"""Which rows are there already, in the register or further up in the same workbook. The register is asked through the
seam: what the importer may not read is not confirmed to him. A confidential one is recognised by its fingerprint, for the
office that registered it alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import or_, select

from portal.access.actor import Actor
from portal.access.roles import SUPERVISION
from portal.access.visibility import as_seen_by
from portal.instructions.importing.plan import DOCUMENT, TITLE, Fault, Judged, Planned, shown
from portal.kernel.db import db
from portal.kernel.language import _
from portal.matters.models import Matter, MatterContent
from portal.matters.sameness import Key, key_of, registered


@dataclass(frozen=True, slots=True)
class Seen:
    """An instruction that is there already and that the importer may know of; `confidential` ones by their number alone."""

    key: Key
    matter_id: str
    number: str
    confidential: bool = False


def seen_already(planned: Iterable[Planned], actor: Actor) -> list[Seen]:
    """Which instructions of the same titles or document numbers the importer may read already. One statement."""
    rows = list(planned)
    titles = sorted({one.title for one in rows})
    numbers = sorted({one.document_number for one in rows if one.document_number})
    found = db.session.execute(
        select(Matter.id, Matter.number, Matter.source_level, Matter.instructed_on, MatterContent)
        .join(MatterContent, MatterContent.matter_id == Matter.id)
        .where(
            Matter.kind == "instruction",
            Matter.parent_id.is_(None),
            Matter.state != "withdrawn",
            ~MatterContent.confidential,
            or_(
                MatterContent.plain["title"].astext.in_(titles),
                MatterContent.plain["document_number"].astext.in_(numbers),
            ),
        )
        .options(as_seen_by(actor))
    )
    open_ones = [
        Seen(key_of(level, content.leader, day, content.title, content.document_number), str(matter_id), number)
        for matter_id, number, level, day, content in found
    ]
    return [*open_ones, *_recognised([one.key for one in rows], actor)]


def _recognised(keys: Sequence[Key], actor: Actor) -> list[Seen]:
    there = confidential_there(keys, actor)
    shells = db.session.execute(select(Matter.id, Matter.number).where(Matter.id.in_(there.values())).options(as_seen_by(actor)))
    numbers = {shell.id: shell.number for shell in shells}
    return [
        Seen(key, str(matter_id), numbers[matter_id], confidential=True) for key, matter_id in there.items() if matter_id in numbers
    ]


def confidential_there(keys: Iterable[Key], actor: Actor) -> dict[Key, UUID]:
    """Which of these the importer's own office registered as confidential already: for whoever registers such for it."""
    offices = {
        unit_id
        for standing in actor.standings
        if standing.role in SUPERVISION and standing.covers_confidential and not actor.suspended
        for unit_id in standing.keeps
    }
    return registered(keys, offices)


def refuse_repeated(judged: Judged, actor: Actor) -> None:
    """Of the same instruction one row stays, and none where it is registered; an equal document number is worth a look."""
    seen = seen_already(judged.good, actor) if judged.good else []
    there = {one.key: one for one in seen}
    numbered = {one.key[4]: one for one in seen if one.key[4] and not one.confidential}
    first: dict[Key, int] = {}
    number_of: dict[str, int] = {}
    kept = []
    for one in judged.good:
        if one.key in there:
            known = there[one.key]
            why, fix = _("已登记过同一件："), _("请从表中删去")
            if known.confidential:
                judged.hide(one.row, why, fix, matter_id=known.matter_id, number=known.number)
            else:
                judged.faults.append(_already(one, TITLE, one.title, known, why, fix))
            continue
        if one.key in first:
            why = _("与第 %(row)s 行是同一件", row=first[one.key])
            fix = _("来源、领导、批示日期、标题、字号都相同的只留一行")
            judged.faults.append(Fault(one.row, TITLE, shown(one.title), why, fix))
            continue
        first[one.key] = one.row
        kept.append(one)
        number = one.document_number
        if not number:
            continue
        look = _("请核对是否重复登记；可以导入")
        if number in numbered:
            judged.faults.append(_already(one, DOCUMENT, number, numbered[number], _("此字号已用于："), look, warning=True))
        elif number in number_of:
            why = _("字号与第 %(row)s 行相同", row=number_of[number])
            judged.faults.append(Fault(one.row, DOCUMENT, shown(number), why, look, warning=True))
        number_of.setdefault(number, one.row)
    judged.good = kept


def _already(one: Planned, column: str, value: str, seen: Seen, why: str, fix: str, *, warning: bool = False) -> Fault:
    return Fault(one.row, column, shown(value), why, fix, matter_id=seen.matter_id, number=seen.number, warning=warning)
