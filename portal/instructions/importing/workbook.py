"""Judging a whole workbook, row by row and against each other. Nothing is written."""

from __future__ import annotations

from portal.access.actor import Actor
from portal.importing.cells import Sheet
from portal.importing.judging import Judged
from portal.instructions.importing.duplicates import refuse_repeated
from portal.instructions.importing.judging import InstructionJudge, NamedUnits
from portal.instructions.importing.plan import Planned
from portal.instructions.service import standing_for


def judge(actor: Actor, sheet: Sheet) -> Judged[Planned]:
    """Judge every row."""
    judged = Judged[Planned](sheet.name, len(sheet.rows), passed=list(sheet.passed))
    units = NamedUnits(sheet)
    offices = {s.for_unit_id for s in actor.standings if standing_for(actor, s.for_unit_id)}
    own = next((s.for_unit_id for s in actor.standings if s.for_unit_id in offices), None)
    for row in sheet.rows:
        found = InstructionJudge(sheet, row, units, offices, own)
        planned = found.judge()
        judged.faults += found.errors
        if planned is not None:
            judged.good.append(planned)
    refuse_repeated(judged, actor)
    judged.faults.sort(key=lambda fault: (fault.row, fault.warning))
    return judged
