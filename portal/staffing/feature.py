"""What staffing brings into the portal."""

from __future__ import annotations

from portal.registry.feature import Feature
from portal.staffing import models, routes
from portal.staffing.journal import JOURNAL
from portal.staffing.messages import MESSAGES

FEATURE = Feature(
    name="staffing",
    blueprint=routes.blueprint,
    models=(models,),
    messages=MESSAGES,
    journal=JOURNAL,
)
