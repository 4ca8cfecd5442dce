"""The judgement of a network's two workbooks, in rooms: `contents`, `rows`, `judging`. Nothing is written."""

from portal.network.plan.contents import POSTS, UNITS, Fault, Known, KnownPerson, KnownUnit, Plan, PlannedPost, PlannedUnit
from portal.network.plan.judging import plan_import
from portal.network.plan.rows import Row, Table, rows_of

__all__ = [
    "POSTS",
    "UNITS",
    "Fault",
    "Known",
    "KnownPerson",
    "KnownUnit",
    "Plan",
    "PlannedPost",
    "PlannedUnit",
    "Row",
    "Table",
    "plan_import",
    "rows_of",
]
