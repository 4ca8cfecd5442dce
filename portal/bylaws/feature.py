"""What bylaws brings into the portal."""

from __future__ import annotations

from portal.bylaws import routes
from portal.registry.feature import Feature

FEATURE = Feature(
    name="bylaws",
    blueprint=routes.blueprint,
)
