"""What identity brings into the portal."""

from __future__ import annotations

from portal.identity import models, routes
from portal.identity.journal import JOURNAL
from portal.identity.messages import MESSAGES
from portal.registry.feature import Feature

FEATURE = Feature(
    name="identity",
    blueprint=routes.blueprint,
    install=routes.install,
    models=(models,),
    messages=MESSAGES,
    journal=JOURNAL,
)
