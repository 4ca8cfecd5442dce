"""Importing a workbook of the register: its pages, and assigning what was imported as the workbook says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from flask import Response, url_for

from portal.deadlines.rules import SourceLevel
from portal.importing import service as importing
from portal.importing.judging import Judged, RowError
from portal.importing.models import ImportPreview
from portal.importing.pages import Pages, lead_through
from portal.instructions import acts, previews
from portal.instructions.importing import Planned, due_on
from portal.instructions.previews import IMPORT
from portal.instructions.routes import blueprint
from portal.instructions.routes.answers import outcomes
from portal.kernel.language import _
from portal.web.guards import allows, current_actor
from portal.web.responses import go

SAMPLE = 10


@dataclass(frozen=True, slots=True)
class _Row:
    row: int
    title: str
    source: Any
    leader: str
    unit: str
    received: date
    by: date


@blueprint.post("/instructions/import/<uuid:preview_id>/assign")
@allows(acts.REGISTER)
def assign_imported(preview_id: UUID) -> Response:
    """Assign each as the workbook says, judged row by row."""
    previews.assign_as_in_workbook(current_actor(), preview_id)
    return go(url_for("instructions.import_assigned", preview_id=preview_id))


@blueprint.get("/instructions/import/<uuid:preview_id>/assigned")
@allows(acts.REGISTER)
def import_assigned(preview_id: UUID) -> Response:
    """What became of each."""
    actor = current_actor()
    return outcomes(_("按表中单位交办"), previews.outcomes_of(actor, importing.preview(actor, IMPORT, preview_id)))


def _rows(_kept: ImportPreview, judged: Judged[Planned]) -> dict[str, Any]:
    return {"sample": [_row(row) for row in judged.good[:SAMPLE]], "link": _link}


def _done(kept: ImportPreview, judged: Judged[Planned]) -> dict[str, Any]:
    done = len(kept.imported or [])
    return {
        "imported": done,
        "left": judged.total - done,
        "assign_url": url_for("instructions.assign_imported", preview_id=kept.id) if done else None,
        "assignable": len(previews.assignable(previews.imported(current_actor(), kept))) if done else 0,
    }


def _link(fault: RowError) -> str | None:
    return url_for("matters.matter", matter_id=UUID(fault.record_id)) if fault.record_id else None


def _row(row: Planned) -> _Row:
    received = date.fromisoformat(row.received_on)
    source = SourceLevel(row.source_level).label
    return _Row(row.row, row.title, source, row.leader, row.lead_unit_name, received, due_on(row))


lead_through(
    blueprint,
    Pages(
        imports=(IMPORT,),
        address="/instructions/import",
        empty="/instructions/import/empty-workbook",
        templates="instructions",
        back="instructions.register_list",
        view=previews.judgement,
        rows=_rows,
        done=_done,
    ),
)
