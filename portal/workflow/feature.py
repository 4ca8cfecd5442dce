"""What workflow brings into the portal."""

from __future__ import annotations

from portal.registry.feature import Feature
from portal.workflow import models

FEATURE = Feature(
    name="workflow",
    models=(models,),
)
