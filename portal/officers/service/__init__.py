"""The verbs of the officers, in rooms: `proposing`, `deciding`, `keeping`."""

from portal.officers.service.deciding import Decided, decide
from portal.officers.service.keeping import (
    confirm_clock,
    end_sessions,
    make_officers,
    may_sweep,
    note_sweep,
    refuse_unbelieved_clock,
    send_again,
)
from portal.officers.service.proposing import (
    case_for,
    case_of,
    is_asked,
    judged_about,
    may_decide,
    may_propose,
    propose,
    withdraw,
)

__all__ = [
    "Decided",
    "case_for",
    "case_of",
    "confirm_clock",
    "decide",
    "end_sessions",
    "is_asked",
    "judged_about",
    "make_officers",
    "may_decide",
    "may_propose",
    "may_sweep",
    "note_sweep",
    "propose",
    "refuse_unbelieved_clock",
    "send_again",
    "withdraw",
]
