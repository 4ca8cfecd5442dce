"""What instructions brings into the portal."""

from __future__ import annotations

from portal.instructions import acts, routes
from portal.registry.feature import Feature

FEATURE = Feature(
    name="instructions",
    blueprint=routes.blueprint,
    acts=(acts.REGISTER,),
)
