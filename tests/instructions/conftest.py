"""The named world serves these tests too."""

from tests.world import new_world, world

__all__ = ["new_world", "world"]
