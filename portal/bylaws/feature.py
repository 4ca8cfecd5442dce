"""What bylaws brings into the portal."""

from __future__ import annotations

from portal.bylaws import acts, routes
from portal.registry.feature import Feature

FEATURE = Feature(
    name="bylaws",
    blueprint=routes.blueprint,
    acts=(acts.KEEP_RULES, acts.KEEP_CALENDAR),
)
