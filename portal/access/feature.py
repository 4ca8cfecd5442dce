"""What access brings into the portal."""

from __future__ import annotations

from portal.access import models
from portal.registry.feature import Feature

FEATURE = Feature(
    name="access",
    models=(models,),
)
