"""A matter and all that hangs on it, in rooms: `matter`, `terms`, `entries`."""

from portal.matters.models.entries import Attachment, Entry
from portal.matters.models.matter import ENDED, Content, CoUnit, Matter, SearchEntry, State
from portal.matters.models.terms import Clock, Extension, Milestone

__all__ = [
    "ENDED",
    "Attachment",
    "Clock",
    "CoUnit",
    "Content",
    "Entry",
    "Extension",
    "Matter",
    "Milestone",
    "SearchEntry",
    "State",
]
