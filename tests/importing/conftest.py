"""Worlds to import into."""

from tests.world import new_world, world  # noqa: F401
