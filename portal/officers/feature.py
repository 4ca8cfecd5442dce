"""What officers brings into the portal."""

from __future__ import annotations

from portal.officers import models, routes
from portal.officers.journal import JOURNAL
from portal.officers.messages import MESSAGES
from portal.registry.feature import Feature

FEATURE = Feature(
    name="officers",
    blueprint=routes.blueprint,
    models=(models,),
    messages=MESSAGES,
    journal=JOURNAL,
)
