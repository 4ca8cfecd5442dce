"""What network brings into the portal."""

from __future__ import annotations

from portal.network import models, routes
from portal.network.journal import JOURNAL
from portal.network.messages import MESSAGES
from portal.registry.feature import Feature

FEATURE = Feature(
    name="network",
    blueprint=routes.blueprint,
    models=(models,),
    messages=MESSAGES,
    journal=JOURNAL,
)
