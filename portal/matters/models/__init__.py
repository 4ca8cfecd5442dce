"""A matter and all that hangs on it, in rooms: `matter`, `terms`, `papers`."""

from portal.matters.models.matter import ENDED, INSTRUCTION, Content, CoUnit, Matter, SearchEntry, State
from portal.matters.models.papers import Attachment, Entry, Paper, Submission
from portal.matters.models.terms import Clock, Extension, Milestone

__all__ = [
    "ENDED",
    "INSTRUCTION",
    "Attachment",
    "Clock",
    "CoUnit",
    "Content",
    "Entry",
    "Extension",
    "Matter",
    "Milestone",
    "Paper",
    "SearchEntry",
    "State",
    "Submission",
]
