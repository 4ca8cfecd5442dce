"""What deadlines brings into the portal."""

from __future__ import annotations

from portal.deadlines import models
from portal.registry.feature import Feature

FEATURE = Feature(
    name="deadlines",
    models=(models,),
)
