"""What overview brings into the portal."""

from __future__ import annotations

from portal.overview import routes
from portal.registry.feature import Feature

FEATURE = Feature(
    name="overview",
    blueprint=routes.blueprint,
)
