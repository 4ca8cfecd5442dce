"""The named world serves the desk's tests too."""

from tests.world import new_world, world

__all__ = ["new_world", "world"]
