"""The named world serves these tests too, and that of the acceptance rows."""

from tests.acceptance import office
from tests.world import new_world, world

__all__ = ["new_world", "office", "world"]
