"""The officers' consoles are tried in the small named world."""

from tests.world import new_world, world

__all__ = ["new_world", "world"]
