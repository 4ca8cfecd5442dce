"""Judging a workbook of instructions, in rooms: `plan`, `judging`, `duplicates`, `workbook`. Nothing is written."""

from portal.instructions.importing.duplicates import already
from portal.instructions.importing.plan import COLUMNS, MOST_ROWS, SHEET, TITLE, Planned, due_on
from portal.instructions.importing.workbook import judge

__all__ = [
    "COLUMNS",
    "MOST_ROWS",
    "SHEET",
    "TITLE",
    "Planned",
    "already",
    "due_on",
    "judge",
]
