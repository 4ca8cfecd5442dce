"""The named world serves the registrations' tests too."""

from tests.world import new_world, world

__all__ = ["new_world", "world"]
