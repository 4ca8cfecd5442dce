"""What notify brings into the portal."""

from __future__ import annotations

from portal.notify import models, routes
from portal.notify.journal import JOURNAL
from portal.notify.messages import MESSAGES
from portal.registry.feature import Feature

FEATURE = Feature(
    name="notify",
    blueprint=routes.blueprint,
    install=routes.install,
    models=(models,),
    messages=MESSAGES,
    journal=JOURNAL,
)
