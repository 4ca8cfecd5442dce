"""What matters brings into the portal."""

from __future__ import annotations

from portal.matters import models, routes
from portal.matters.journal import ENTRIES, JOURNAL
from portal.matters.messages import MESSAGES
from portal.registry.feature import Feature

FEATURE = Feature(
    name="matters",
    blueprint=routes.blueprint,
    models=(models,),
    messages=MESSAGES,
    journal=JOURNAL,
    entries=ENTRIES,
)
