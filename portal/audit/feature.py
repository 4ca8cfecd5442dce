"""What audit brings into the portal."""

from __future__ import annotations

from portal.audit import models
from portal.registry.feature import Feature

FEATURE = Feature(
    name="audit",
    models=(models,),
)
