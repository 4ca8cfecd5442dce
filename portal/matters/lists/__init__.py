"""Lists of matters as their reader may see them, of one kind or of several, found from the reader's side, in rooms: `conditions`,
`stretches`, `pages`, `counts`, `views`."""

from portal.matters.lists.conditions import MOST_COUNTED, Conditions
from portal.matters.lists.pages import MINE, PAGE_SIZE, Page, Row, any_confidential, every_row, first_rows, page_of
from portal.matters.lists.stretches import (
    ENDED,
    GROUPS,
    LATE,
    REST,
    SOON,
    TODAY,
    WAITING,
    Place,
    Sort,
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
    "page_of",
]
