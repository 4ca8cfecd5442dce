"""Units, posts and delegations."""

from portal.network.models.posts import Delegation, Post
from portal.network.models.units import ORGANS, Kind, Level, Unit

__all__ = ["ORGANS", "Delegation", "Kind", "Level", "Post", "Unit"]
