"""What network brings into the portal."""

from __future__ import annotations

from portal.network import acts, models, routes
from portal.registry.feature import Feature

FEATURE = Feature(
    name="network",
    blueprint=routes.blueprint,
    models=(models,),
    acts=(acts.READ_NETWORK, acts.KEEP_NETWORK, acts.KEEP_UNIT, acts.END_UNIT, acts.DELEGATE, acts.KEEP_PEOPLE, acts.KEEP_CONTACT),
)
