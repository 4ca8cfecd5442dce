"""What staffing brings into the portal."""

from __future__ import annotations

from portal.registry.feature import Feature
from portal.staffing import acts, models, routes

FEATURE = Feature(
    name="staffing",
    blueprint=routes.blueprint,
    models=(models,),
    acts=(acts.AGREE_APPOINTMENT, acts.HAND_OVER, acts.NOMINATE),
)
