"""Units, posts, delegations and absences; what was changed in the tree, and the words by which units are found."""

from portal.network.models.changes import ChangeKind, UnitChange, UnitWord
from portal.network.models.posts import Absence, Appointment, Delegation, Post
from portal.network.models.units import ORGANS, Kind, Level, Unit

__all__ = [
    "ORGANS",
    "Absence",
    "Appointment",
    "ChangeKind",
    "Delegation",
    "Kind",
    "Level",
    "Post",
    "Unit",
    "UnitChange",
    "UnitWord",
]
