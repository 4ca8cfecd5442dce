"""What liaisons brings into the portal."""

from __future__ import annotations

from portal.liaisons import models, routes
from portal.registry.feature import Feature

FEATURE = Feature(
    name="liaisons",
    blueprint=routes.blueprint,
    models=(models,),
)
