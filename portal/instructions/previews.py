"""From a judged workbook to the register: kept sealed for its owner for a day, then imported whole or not at all.

What was imported may be assigned as the workbook says, each row judged by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from portal.access.actor import Actor
from portal.access.visibility import as_seen_by
from portal.audit import journal
from portal.deadlines.rules import SourceLevel, Urgency
from portal.importing import service as importing
from portal.importing.cells import Plain
from portal.importing.judging import Judged
from portal.importing.models import ImportPreview
from portal.importing.service import Import
from portal.instructions.acts import REGISTER
from portal.instructions.importing import MOST_ROWS, SHEET, TITLE, Planned, already, judge
from portal.instructions.rules import INSTRUCTION
from portal.instructions.service import standing_for
from portal.kernel.db import current_city, db, has_written, take_time
from portal.kernel.language import _, _l
from portal.kernel.refusals import Invalid, Invisible, Refusal, Stale
from portal.matters.models import Content, Matter, State
from portal.matters.queries import require_recent_authentication
from portal.matters.service.assigning import Assignment
from portal.matters.service.creation import NewMatter, create
from portal.matters.verbs import ASSIGN
from portal.matters.workflow import enact
from portal.network.models import Unit
from portal.workflow import engine


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one row in a bulk act."""

    matter_id: UUID
    number: str
    ok: bool
    outcome: str
    why: str = ""


def judgement(actor: Actor, kept: ImportPreview) -> Judged[Planned]:
    """What was judged, as its owner may read it now: of a row that is registered as confidential meanwhile, by this workbook
    or another, or open and then made so, nothing, unless he is of that matter's audience. Confidential rows open, like what is
    registered, to whoever has shown lately that it is he."""
    judged = importing.judgement(kept, Planned.of)
    made = {row["row"]: UUID(str(row["id"])) for row in kept.imported or []}
    others = already([row for row in judged.good if row.row not in made], actor)
    there = {row.row: known for row in judged.good if (known := others.get(row.key)) and known.confidential}
    if any(row.confidential for row in judged.good):
        require_recent_authentication(actor)
    seen = (Content.record_id.in_({*made.values(), *(known.matter_id for known in there.values())}), as_seen_by(actor))
    opened = select(Content.record_id).where(seen[0], ~Content.confidential).options(seen[1])
    sealed = select(Content).where(seen[0], Content.confidential).options(seen[1])
    read = {*db.session.scalars(opened), *(content.record_id for content in db.session.scalars(sealed))}
    for row in tuple(judged.good):
        if row.row in made and made[row.row] not in read:
            why = _("限定知悉，已登记") if row.confidential else _("已登记，内容您现在不能查看")
            _hide(judged, row, why, warning=True)
        elif (same := there.get(row.row)) is not None and same.matter_id not in read:
            _hide(judged, row, _("已登记过同一件："), record_id=str(same.matter_id), number=same.number)
    return judged


def _hide(judged: Judged[Planned], row: Planned, why: str, **known: Any) -> None:
    judged.good.remove(row)
    judged.hide(row.row, TITLE.title, why, **known)


def carry_out(actor: Actor, judged: Judged[Planned], kept: ImportPreview) -> dict[str, Any]:
    """Register all good rows in order of receipt. Stale where somebody may not any more."""
    planned = sorted(judged.good, key=lambda row: (row.received_on, row.row))
    units = _units(planned)
    done: list[dict[str, Plain]] = []
    for row in planned:
        standing = standing_for(actor, row.registering_unit_id, row)
        if standing is None:
            raise Stale(_("第 %(row)s 行：您现在不能为该单位登记", row=row.row))
        matter, _content = create(actor, standing, _new_matter(row, units))
        done.append({"row": row.row, "id": str(matter.id)})
    kept.imported = done
    has_written(len(done))
    return {"rows": len(done)}


def imported(actor: Actor, kept: ImportPreview) -> list[Matter]:
    """The matters that this import made, as far as the reader sees them, in order of number."""
    ids = [UUID(str(row["id"])) for row in kept.imported or []]
    found = {
        matter.id: matter
        for matter in db.session.scalars(
            select(Matter).where(Matter.id.in_(ids)).options(joinedload(Matter.lead_unit), as_seen_by(actor))
        )
    }
    return [found[one_id] for one_id in ids if one_id in found]


def assignable(matters: list[Matter]) -> list[Matter]:
    """Those that can be assigned in bulk: open, not yet assigned, with the unit that the workbook names."""
    return [m for m in matters if m.state == State.REGISTERED and not m.confidential and m.lead_unit is not None]


def assign_as_in_workbook(actor: Actor, preview_id: UUID) -> list[Outcome]:
    """按表中单位交办: each is judged by itself and reported by itself; the confidential ones wait for a handler."""
    take_time()
    kept = importing.preview(actor, IMPORT, preview_id, lock=True)
    if kept.state != "imported":
        raise Invalid(_("请先导入"))
    outcomes = [assign_registered(actor, matter) for matter in imported(actor, kept) if matter.state == State.REGISTERED]
    if outcomes:
        kept.assigned = [{"id": str(o.matter_id), "ok": o.ok, "outcome": o.outcome, "why": o.why} for o in outcomes]
        journal.record(actor, "assign_imported", "import", kept.id, after={"assigned": sum(o.ok for o in outcomes)})
    return outcomes


def outcomes_of(actor: Actor, kept: ImportPreview) -> list[Outcome]:
    """What became of each row in the bulk act, as far as the reader still sees them."""
    seen = {str(matter.id): matter for matter in imported(actor, kept)}
    return [
        Outcome(matter.id, matter.number, bool(row["ok"]), str(row["outcome"]), str(row["why"]))
        for row in kept.assigned or []
        if (matter := seen.get(str(row["id"]))) is not None
    ]


def assign_registered(actor: Actor, matter: Matter) -> Outcome:
    """One row of a bulk assignment: to the lead unit that was registered, or the reason why not."""
    left = _("未交办")
    if matter.confidential:
        return Outcome(matter.id, matter.number, False, left, _("限定知悉，须逐件指定承办人"))
    given = Assignment(lead_unit=matter.lead_unit)
    judged = engine.judge(ASSIGN, actor, matter, given)
    if not judged:
        return Outcome(matter.id, matter.number, False, left, "；".join(judged.unmet))
    try:
        with db.session.begin_nested():
            enact(actor, ASSIGN, matter.id, given)
    except Refusal as refusal:
        return Outcome(matter.id, matter.number, False, left, refusal.sentence)
    return Outcome(matter.id, matter.number, True, _("已交办"), matter.lead_unit_name or "")


def _must_be_seen(actor: Actor) -> None:
    """Nothing for whoever was reset and has not been seen yet: they may be somebody else."""
    if actor.suspended:
        raise Invisible


def _units(planned: list[Planned]) -> dict[int, Unit]:
    ids = {unit for row in planned for unit in (row.lead_unit_id, row.registering_unit_id, *row.co_unit_ids)}
    return {unit.id: unit for unit in db.session.scalars(select(Unit).where(Unit.city_id == current_city(), Unit.id.in_(ids)))}


def _new_matter(row: Planned, units: dict[int, Unit]) -> NewMatter:
    return NewMatter(
        kind=INSTRUCTION,
        registering_unit=units[row.registering_unit_id],
        source_level=SourceLevel(row.source_level),
        urgency=Urgency(row.urgency),
        confidential=row.confidential,
        instructed_on=date.fromisoformat(row.instructed_on),
        received_on=date.fromisoformat(row.received_on),
        title=row.title,
        text=row.text,
        leader=row.leader,
        document_number=row.document_number,
        requirement=row.requirement,
        paper_number=row.paper_number,
        lead_unit=units[row.lead_unit_id],
        co_units=tuple((units[unit], None, False) for unit in row.co_unit_ids),
    )


IMPORT = Import(
    name="instructions",
    words=_l("领导批示件登记表"),
    act=REGISTER,
    columns=SHEET,
    judge=judge,
    carry_out=carry_out,
    gate=_must_be_seen,
    journal="import",
    most_rows=MOST_ROWS,
    by_row=True,
)
