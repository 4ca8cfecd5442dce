"""A matter and all that hangs on it, in rooms: `matter`, `terms`, `papers`."""

from portal.matters.models.matter import ENDED, CoUnit, Matter, MatterContent, SearchEntry, State
from portal.matters.models.papers import Attachment, Entry, Report, Submission
from portal.matters.models.terms import Clock, Extension, Milestone

__all__ = [
    "ENDED",
    "Attachment",
    "Clock",
    "CoUnit",
    "Entry",
    "Extension",
    "Matter",
    "MatterContent",
    "Milestone",
    "Report",
    "SearchEntry",
    "State",
    "Submission",
]
