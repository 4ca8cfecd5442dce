"""Judging a whole workbook, row by row and against each other. Nothing is written."""

from __future__ import annotations

from typing import Any

from portal.access.actor import Actor
from portal.importing.cells import Row, Sheet
from portal.instructions import rules
from portal.instructions.importing.duplicates import refuse_repeated
from portal.instructions.importing.judging import NamedUnits, RowJudge
from portal.instructions.importing.plan import COLUMNS, MOST_ROWS, REQUIRED, Judged
from portal.instructions.service import standing_for
from portal.kernel.language import _
from portal.kernel.refusals import Invalid
from portal.kernel.text import objections


def judge(sheet: Sheet, actor: Actor) -> Judged:
    """Judge every row. Refuses (Invalid) a sheet that lacks a column, has no rows or too many."""
    missing = [title for title in REQUIRED if title not in sheet.header]
    if missing:
        raise Invalid(_("工作表缺少这些列：%(columns)s。请用空表的表头。", columns="、".join(missing)))
    if not sheet.rows:
        raise Invalid(_("工作表里只有表头，没有要导入的行。"))
    if len(sheet.rows) > MOST_ROWS:
        raise Invalid(_("行数过多，一次最多 %(most)s 行，请分几次导入。", most=MOST_ROWS))
    judged = Judged(sheet.name, len(sheet.rows))
    units = NamedUnits(sheet)
    offices = {s.for_unit_id for s in actor.standings if standing_for(actor, s.for_unit_id)}
    own = next((s.for_unit_id for s in actor.standings if s.for_unit_id in offices), None)
    for row in sheet.rows:
        found = RowJudge(sheet, row, units, offices, own)
        planned = found.judge()
        judged.faults += found.faults
        if planned is not None:
            judged.good.append(planned)
    refuse_repeated(judged, actor)
    judged.faults.sort(key=lambda fault: (fault.row, fault.warning))
    wanted = {fault.row for fault in judged.faults} - judged.unkept_rows
    judged.kept = {row.number: _kept(sheet, row) for row in sheet.rows if row.number in wanted}
    return judged


def _kept(sheet: Sheet, row: Row) -> list[Any]:
    """The cells under the known columns, for the report: dates marked as such, hidden characters made visible."""
    kept: list[Any] = []
    for title in COLUMNS:
        cell = sheet.cell(row, title)
        if cell.day is not None:
            kept.append({"d": cell.day.isoformat()})
        elif isinstance(cell.value, int | float) and not isinstance(cell.value, bool):
            kept.append(cell.value)
        else:
            kept.append("".join("□" if objections(c) else c for c in cell.text[: rules.MOST_TEXT]))
    return kept
