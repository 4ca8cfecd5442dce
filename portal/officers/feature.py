"""What officers brings into the portal."""

from __future__ import annotations

from portal.officers import acts, models, routes
from portal.registry.feature import Feature

FEATURE = Feature(
    name="officers",
    blueprint=routes.blueprint,
    models=(models,),
    acts=(
        acts.READ_JOURNAL,
        acts.READ_HEALTH,
        acts.KEEP_RUNNING,
        acts.KEEP_ACCOUNTS,
        acts.READ_SENSITIVE,
        acts.PROPOSE_SENSITIVE,
        acts.AGREE_FROM_OUTSIDE,
        acts.DECIDE_SENSITIVE,
    ),
)
