"""The register as its reader may see it, found from the reader's side, in rooms: `conditions`, `stretches`, `pages`."""

from portal.instructions.queries.conditions import MOST_COUNTED, Conditions
from portal.instructions.queries.pages import MINE, PAGE_SIZE, Page, Row, any_confidential, every_row, first_rows, page_of
from portal.instructions.queries.stretches import (
    ENDED,
    GROUPS,
    LATE,
    REST,
    SOON,
    TODAY,
    WAITING,
    Place,
    Sort,
    of_reader,
    readers_of,
)

__all__ = [
    "ENDED",
    "GROUPS",
    "LATE",
    "MINE",
    "MOST_COUNTED",
    "PAGE_SIZE",
    "REST",
    "SOON",
    "TODAY",
    "WAITING",
    "Conditions",
    "Page",
    "Place",
    "Row",
    "Sort",
    "any_confidential",
    "every_row",
    "first_rows",
    "of_reader",
    "page_of",
    "readers_of",
]
