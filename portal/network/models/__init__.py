"""Units, posts, delegations and absences."""

from portal.network.models.posts import Absence, Delegation, Post
from portal.network.models.units import ORGANS, Kind, Level, Unit

__all__ = ["ORGANS", "Absence", "Delegation", "Kind", "Level", "Post", "Unit"]
