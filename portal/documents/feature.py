"""What documents brings into the portal."""

from __future__ import annotations

from portal.documents import models
from portal.registry.feature import Feature

FEATURE = Feature(
    name="documents",
    models=(models,),
)
