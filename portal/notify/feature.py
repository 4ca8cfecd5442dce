"""What notify brings into the portal."""

from __future__ import annotations

from portal.notify import models, routes
from portal.notify.journal import JOURNAL
from portal.notify.messages import MESSAGES
from portal.notify.queries import unread_by
from portal.registry.feature import Feature
from portal.registry.navigation import Place, Purpose

FEATURE = Feature(
    name="notify",
    blueprint=routes.blueprint,
    install=routes.install,
    models=(models,),
    messages=MESSAGES,
    journal=JOURNAL,
    places=(
        Place(Purpose.MESSAGES, "notify.messages"),
        Place(Purpose.BADGE, "notify.badge"),
        Place(Purpose.MESSAGE_SETTINGS, "notify.settings"),
    ),
    unread=(unread_by,),
)
