"""What bylaws brings into the portal."""

from __future__ import annotations

from portal.bylaws import routes
from portal.bylaws.journal import JOURNAL
from portal.bylaws.messages import MESSAGES
from portal.registry.feature import Feature

FEATURE = Feature(
    name="bylaws",
    blueprint=routes.blueprint,
    messages=MESSAGES,
    journal=JOURNAL,
)
