"""From a judged workbook to the register: kept sealed for its owner for a day, then imported whole or not at all.

Whatever may have changed since it was judged is asked again before the first row is written. Nothing but the judged
rows is kept of the workbook itself.
"""

from __future__ import annotations

import io
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from portal.access.actor import Actor
from portal.access.visibility import as_seen_by
from portal.audit import journal
from portal.deadlines.rules import SourceLevel, Urgency
from portal.documents import workbook
from portal.importing import previews
from portal.importing.models import ImportPreview
from portal.importing.previews import forget_expired
from portal.importing.reading import MEGABYTE, read_rows
from portal.instructions.importing import COLUMNS, MOST_ROWS, Fault, Judged, Planned, already, judge
from portal.instructions.rules import co_fault, lead_fault
from portal.instructions.service import standing_for
from portal.kernel.db import current_city, db, has_written, take_time
from portal.kernel.language import _
from portal.kernel.refusals import Invalid, Invisible, Refusal, Stale
from portal.matters.book import BOOK
from portal.matters.models import Matter, MatterContent, State
from portal.matters.queries import must_be_confirmed
from portal.matters.service.assigning import assign
from portal.matters.service.creation import NewMatter, create
from portal.network.models import Unit
from portal.workflow import engine

KIND = "instructions"
MOST_BYTES = 10 * MEGABYTE


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one row in a bulk act."""

    matter_id: UUID
    number: str
    ok: bool
    outcome: str
    why: str = ""


def upload(actor: Actor, name: str, data: bytes) -> ImportPreview:
    """Judge a workbook and keep the judgement for its owner. Refuses (Invalid) what is no workbook, lacks columns, or
    bears a mark of classification in its name or over its rows; rows with a mark are written down in the journal by
    number."""
    take_time()
    forget_expired()
    name = previews.fit_name(actor.person_id, name)
    sheet = read_rows(data, titles=COLUMNS, max_bytes=MOST_BYTES, max_rows=MOST_ROWS + 20)
    previews.refuse_marked_sheet(actor.person_id, sheet)
    judged = judge(sheet, actor)
    if judged.marked_rows:
        journal.note("classified_refused", "import", current_city(), actor.person_id, rule="mark", rows=judged.marked_rows)
    return previews.keep(actor.person_id, KIND, name, _as_words(judged))


def preview(actor: Actor, preview_id: UUID) -> ImportPreview:
    """One's own preview, for a day; anybody else's does not exist."""
    return _mine(actor, preview_id, lock=False)


def previews_of(actor: Actor) -> list[ImportPreview]:
    """One's own of the last day, the latest first."""
    return [] if actor.suspended else previews.recent(actor.person_id, KIND)


def judgement(actor: Actor, kept: ImportPreview) -> Judged:
    """What was judged, as its owner may read it now: of a row that is registered as confidential meanwhile, by this workbook
    or another, or open and then made so, nothing, unless he is of that matter's audience. Confidential rows open, like what is
    registered, to whoever has shown lately that it is he."""
    judged = _judgement(kept)
    made = {row["row"]: UUID(row["id"]) for row in kept.imported or []}
    others = already([row for row in judged.good if row.row not in made], actor)
    there = {row.row: known for row in judged.good if (known := others.get(row.key)) and known.confidential}
    if any(row.confidential for row in judged.good):
        must_be_confirmed(actor)
    seen = (MatterContent.matter_id.in_({*made.values(), *(known.matter_id for known in there.values())}), as_seen_by(actor))
    opened = select(MatterContent.matter_id).where(seen[0], ~MatterContent.confidential).options(seen[1])
    sealed = select(MatterContent).where(seen[0], MatterContent.confidential).options(seen[1])
    read = {*db.session.scalars(opened), *(content.matter_id for content in db.session.scalars(sealed))}
    for row in tuple(judged.good):
        if row.row in made and made[row.row] not in read:
            why = _("限定知悉，已登记") if row.confidential else _("已登记，内容您现在不能查看")
            judged.hide(row.row, why, warning=True)
        elif (same := there.get(row.row)) is not None and same.matter_id not in read:
            judged.hide(row.row, _("已登记过同一件："), matter_id=str(same.matter_id), number=same.number)
    return judged


def _judgement(kept: ImportPreview) -> Judged:
    words = kept.judged
    return Judged(
        words["sheet"],
        words["total"],
        [Planned(**{**row, "co_unit_ids": tuple(row["co_unit_ids"])}) for row in words["good"]],
        [Fault(**row) for row in words["faults"]],
        {int(number): cells for number, cells in words["kept"].items()},
    )


def drop(actor: Actor, preview_id: UUID) -> ImportPreview:
    """Import none of it; the report can still be had."""
    return previews.drop(_mine(actor, preview_id, lock=True))


def carry_out(actor: Actor, preview_id: UUID) -> ImportPreview:
    """Register all good rows in order of receipt, in one transaction; a second click finds it done.

    Stale where something has changed since: a post, a unit, or a row that was registered meanwhile.
    """
    take_time()
    kept = _mine(actor, preview_id, lock=True)
    if kept.state == "imported":
        return kept
    if kept.state != "judged":
        raise Invalid(_("这份工作簿已放弃导入，请重新上传"))
    planned = sorted(_judgement(kept).good, key=lambda row: (row.received_on, row.row))
    if not planned:
        raise Invalid(_("没有可以导入的行"))
    units = _units(planned)
    _refuse_changed(actor, planned, units)
    done = []
    for row in planned:
        standing = standing_for(actor, row.registering_unit_id, row)
        assert standing is not None
        matter, _content = create(actor, standing, _new_matter(row, units))
        done.append({"row": row.row, "id": str(matter.id)})
    kept.imported = done
    kept.state = "imported"
    journal.record(actor, "import", "import", kept.id, after={"rows": len(done)})
    has_written(len(done))
    return kept


def imported(actor: Actor, kept: ImportPreview) -> list[Matter]:
    """The matters that this import made, as far as the reader sees them, in order of number."""
    ids = [UUID(row["id"]) for row in kept.imported or []]
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
    kept = _mine(actor, preview_id, lock=True)
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
        Outcome(seen[row["id"]].id, seen[row["id"]].number, row["ok"], row["outcome"], row["why"])
        for row in kept.assigned or []
        if row["id"] in seen
    ]


def assign_registered(actor: Actor, matter: Matter) -> Outcome:
    """One row of a bulk assignment: to the lead unit that was registered, or the reason why not."""
    left = _("未交办")
    if matter.confidential:
        return Outcome(matter.id, matter.number, False, left, _("限定知悉，须逐件指定承办人"))
    judged = engine.judge(BOOK, actor, matter, "assign", {"lead_unit": matter.lead_unit})
    if not judged:
        return Outcome(matter.id, matter.number, False, left, "；".join(judged.unmet))
    try:
        with db.session.begin_nested():
            assign(actor, matter.id, lead_unit=matter.lead_unit)
    except Refusal as refusal:
        return Outcome(matter.id, matter.number, False, left, refusal.sentence)
    return Outcome(matter.id, matter.number, True, _("已交办"), matter.lead_unit_name or "")


def report(actor: Actor, kept: ImportPreview) -> bytes:
    """The rows with something to correct or to look at, under the workbook's own columns, each with what and how."""
    judged = judgement(actor, kept)
    said: dict[int, list[Fault]] = {}
    for fault in judged.faults:
        said.setdefault(fault.row, []).append(fault)
    bad = set(judged.bad_rows)
    left, warned = _("未导入"), _("留意")
    lines = []
    for number in sorted(said):
        cells = [_cell(value) for value in judged.kept.get(number, [None] * len(COLUMNS))]
        why = "\n".join(_sentence(fault) for fault in said[number])
        lines.append((*cells, number, left if number in bad else warned, why))
    target = io.BytesIO()
    header = (*COLUMNS, _("原表行号"), _("核对结果"), _("说明"))
    widths = (8, 8, 12, 12, 12, 30, 20, 36, 8, 8, 14, 18, 24, 12, 8, 10, 50)
    workbook.write(target, _("核对报告"), header, lines, widths)
    return target.getvalue()


def empty_workbook() -> bytes:
    """A workbook with nothing but the header."""
    target = io.BytesIO()
    workbook.write(target, _("领导批示件登记表"), COLUMNS, [], (8, 10, 14, 14, 14, 36, 24, 44, 10, 10, 16, 24, 30, 16))
    return target.getvalue()


def _mine(actor: Actor, preview_id: UUID, *, lock: bool) -> ImportPreview:
    """One's own; none for whoever was reset and has not been seen yet: he may be somebody else."""
    if actor.suspended:
        raise Invisible
    return previews.mine(actor.person_id, KIND, preview_id, lock=lock)


def _as_words(judged: Judged) -> dict[str, Any]:
    return {
        "sheet": judged.sheet,
        "total": judged.total,
        "good": [asdict(row) for row in judged.good],
        "faults": [asdict(fault) for fault in judged.faults],
        "kept": {str(number): cells for number, cells in judged.kept.items()},
    }


def _units(planned: list[Planned]) -> dict[int, Unit]:
    ids = {unit for row in planned for unit in (row.lead_unit_id, row.registering_unit_id, *row.co_unit_ids)}
    return {unit.id: unit for unit in db.session.scalars(select(Unit).where(Unit.city_id == current_city(), Unit.id.in_(ids)))}


def _refuse_changed(actor: Actor, planned: list[Planned], units: dict[int, Unit]) -> None:
    changes = []
    there = already(planned, actor)
    for row in planned:
        if standing_for(actor, row.registering_unit_id, row) is None:
            changes.append(_("第 %(row)s 行：您现在不能为该单位登记", row=row.row))
        elif fault := _unit_fault(row, units):
            changes.append(_("第 %(row)s 行：%(why)s", row=row.row, why=fault))
        elif row.key in there:
            changes.append(_("第 %(row)s 行：已登记过同一件", row=row.row))
    if changes:
        raise Stale(_("核对之后有变动，没有导入任何一行；请重新上传核对"), changes=changes[:20])


def _unit_fault(row: Planned, units: dict[int, Unit]) -> str | None:
    lead = units[row.lead_unit_id]
    faults = (lead_fault(lead, row.registering_unit_id), *(co_fault(units[one], lead) for one in row.co_unit_ids))
    return next((fault for fault in faults if fault), None)


def _new_matter(row: Planned, units: dict[int, Unit]) -> NewMatter:
    return NewMatter(
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


def _sentence(fault: Fault) -> str:
    said = f"{fault.why}{fault.number or ''}；{fault.fix}".rstrip("；")
    return f"{fault.column}：{said}" if fault.column else said


def _cell(value: Any) -> Any:
    return date.fromisoformat(value["d"]) if isinstance(value, dict) else value
