"""What collections brings into the portal."""

from __future__ import annotations

from portal.collections import models
from portal.registry.feature import Feature

FEATURE = Feature(
    name="collections",
    models=(models,),
)
