"""Papers live in the small named world."""

from __future__ import annotations

from tests.world import new_world, world

__all__ = ["new_world", "world"]
