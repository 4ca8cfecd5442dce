"""The verbs of the officers, in rooms: `proposing`, `deciding`, `keeping`, `restoring`."""

from portal.officers.service import restoring
from portal.officers.service.deciding import Decided, decide
from portal.officers.service.keeping import end_sessions, make_officers, note_sweep
from portal.officers.service.proposing import case_for, case_of, judged_about, may_propose, propose, withdraw

__all__ = [
    "Decided",
    "case_for",
    "case_of",
    "decide",
    "end_sessions",
    "judged_about",
    "make_officers",
    "may_propose",
    "note_sweep",
    "propose",
    "restoring",
    "withdraw",
]
