"""Importing a workbook: choose, preview, done; the report; and assigning what was imported as the workbook says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from flask import Response, request, url_for

from portal.access.policy import Act
from portal.deadlines.rules import SourceLevel
from portal.importing.models import ImportPreview
from portal.instructions import previews
from portal.instructions.importing import MOST_ROWS, Fault, Planned, due_on
from portal.instructions.routes import blueprint
from portal.instructions.routes.answers import outcomes
from portal.kernel.language import _
from portal.kernel.refusals import Invalid, Stale
from portal.web.answers import go, page, xlsx
from portal.web.forms import WorkbookForm, redraw
from portal.web.guards import allows, current_actor
from portal.web.transactions import shows

SAMPLE = 10


@dataclass(frozen=True, slots=True)
class _Fault:
    row: int
    column: str | None
    value: str | None
    empty: bool
    why: str
    fix: str
    url: str | None
    link: str | None
    warning: bool


@dataclass(frozen=True, slots=True)
class _Row:
    row: int
    title: str
    source: Any
    leader: str
    unit: str
    received: date
    by: date


@blueprint.get("/instructions/import")
@allows(Act.REGISTER, once=True)
def import_workbook() -> Response:
    """Which workbook."""
    return page("instructions/import_choose.html", form=WorkbookForm(formdata=None), refusal=None, **_choosing())


@blueprint.post("/instructions/import")
@allows(Act.REGISTER, once=True)
def judge_workbook() -> Response:
    """Judge it and go to the preview."""
    form = WorkbookForm()
    if not form.validate():
        return redraw("instructions/import_choose.html", form, **_choosing())
    chosen = form.workbook.data
    try:
        kept = previews.upload(current_actor(), chosen.filename or "", chosen.read(previews.MOST_BYTES + 1))
    except Invalid as refusal:
        return redraw("instructions/import_choose.html", form, refusal, **_choosing())
    return go(url_for("instructions.import_preview", preview_id=kept.id))


@blueprint.get("/instructions/import/<uuid:preview_id>")
@allows(Act.REGISTER)
def import_preview(preview_id: UUID) -> Response:
    """Every row judged; or, when it was decided, what became of it."""
    kept = previews.preview(current_actor(), preview_id)
    return _previewed(kept) if kept.state == "judged" else _done(kept)


@blueprint.post("/instructions/import/<uuid:preview_id>")
@allows(Act.REGISTER)
def carry_out_import(preview_id: UUID) -> Response:
    """Import all good rows, or none."""
    try:
        if request.form.get("how") == "good":
            previews.carry_out(current_actor(), preview_id)
        else:
            previews.drop(current_actor(), preview_id)
    except (Invalid, Stale) as refusal:
        form = WorkbookForm(formdata=None)
        return redraw("instructions/import_choose.html", form, refusal, **_choosing())
    return go(url_for("instructions.import_preview", preview_id=preview_id))


@blueprint.post("/instructions/import/<uuid:preview_id>/assign")
@allows(Act.REGISTER)
def assign_imported(preview_id: UUID) -> Response:
    """Assign each as the workbook says, judged row by row."""
    previews.assign_as_in_workbook(current_actor(), preview_id)
    return go(url_for("instructions.import_assigned", preview_id=preview_id))


@blueprint.get("/instructions/import/<uuid:preview_id>/assigned")
@allows(Act.REGISTER)
def import_assigned(preview_id: UUID) -> Response:
    """What became of each."""
    actor = current_actor()
    return outcomes(_("按表中单位交办"), previews.outcomes_of(actor, previews.preview(actor, preview_id)))


@blueprint.get("/instructions/import/<uuid:preview_id>/report")
@allows(Act.REGISTER)
def import_report(preview_id: UUID) -> Response:
    """The rows with faults or warnings, to be corrected and sent again."""
    actor = current_actor()
    shows("download")
    return xlsx(previews.report(actor, previews.preview(actor, preview_id)), _("核对报告.xlsx"))


@blueprint.get("/instructions/import/empty-workbook")
@allows(Act.REGISTER)
def empty_workbook() -> Response:
    """A workbook with the columns."""
    return xlsx(previews.empty_workbook(), _("领导批示件登记表.xlsx"))


def _choosing() -> dict[str, Any]:
    states = {"judged": _("待决定"), "imported": _("已导入"), "dropped": _("未导入")}
    return {
        "action": url_for("instructions.judge_workbook"),
        "back_url": url_for("instructions.register_list"),
        "template_url": url_for("instructions.empty_workbook"),
        "limit": _(".xlsx 工作簿，不超过 10 MB、%(most)s 行", most=f"{MOST_ROWS:,}"),
        "recent": [
            (kept.name, url_for("instructions.import_preview", preview_id=kept.id), kept.made_at, states[kept.state])
            for kept in previews.previews_of(current_actor())
        ],
    }


def _previewed(kept: ImportPreview) -> Response:
    judged = previews.judgement(current_actor(), kept)
    return page(
        "instructions/import_preview.html",
        name=kept.name,
        sheet=judged.sheet,
        total=judged.total,
        uploaded_at=kept.made_at,
        good=len(judged.good),
        bad=len(judged.bad_rows),
        warned=len(judged.warned_rows),
        faults=[_fault(fault) for fault in judged.faults],
        sample=[_row(row) for row in judged.good[:SAMPLE]],
        report_url=url_for("instructions.import_report", preview_id=kept.id) if judged.faults else None,
        action=url_for("instructions.carry_out_import", preview_id=kept.id),
        back_url=url_for("instructions.import_workbook"),
    )


def _done(kept: ImportPreview) -> Response:
    actor = current_actor()
    judged = previews.judgement(actor, kept)
    done = len(kept.imported or [])
    return page(
        "instructions/import_done.html",
        title=None if done else _("没有导入"),
        name=kept.name,
        imported=done,
        left=judged.total - done,
        running=False,
        rows=[],
        report_url=url_for("instructions.import_report", preview_id=kept.id) if judged.faults else None,
        assign_url=url_for("instructions.assign_imported", preview_id=kept.id) if done else None,
        assignable=len(previews.assignable(previews.imported(actor, kept))) if done else 0,
        register_url=url_for("instructions.register_list"),
    )


def _fault(fault: Fault) -> _Fault:
    url = url_for("matters.matter", matter_id=UUID(fault.matter_id)) if fault.matter_id else None
    return _Fault(fault.row, fault.column, fault.value, fault.empty, fault.why, fault.fix, url, fault.number, fault.warning)


def _row(row: Planned) -> _Row:
    received = date.fromisoformat(row.received_on)
    source = SourceLevel(row.source_level).label
    return _Row(row.row, row.title, source, row.leader, row.lead_unit_name, received, due_on(row))
