"""The judgement of a network's two workbooks, in rooms: `contents`, `rows`, `judging`. Nothing is written."""

from portal.network.plan.contents import POSTS, UNITS, Known, KnownPerson, KnownUnit, Plan, PlannedPost, PlannedUnit
from portal.network.plan.judging import plan_import
from portal.network.plan.rows import COLUMNS, NetworkRow, rows_of

__all__ = [
    "COLUMNS",
    "POSTS",
    "UNITS",
    "Known",
    "KnownPerson",
    "KnownUnit",
    "NetworkRow",
    "Plan",
    "PlannedPost",
    "PlannedUnit",
    "plan_import",
    "rows_of",
]
