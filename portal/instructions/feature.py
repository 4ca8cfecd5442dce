"""What instructions brings into the portal."""

from __future__ import annotations

from portal.instructions import routes
from portal.instructions.journal import JOURNAL
from portal.instructions.messages import MESSAGES
from portal.registry.feature import Feature

FEATURE = Feature(
    name="instructions",
    blueprint=routes.blueprint,
    messages=MESSAGES,
    journal=JOURNAL,
)
