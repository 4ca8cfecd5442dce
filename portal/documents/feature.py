"""What documents brings into the portal."""

from __future__ import annotations

from portal.documents import models
from portal.documents.previews import forget_expired
from portal.registry.feature import Feature
from portal.registry.sweeps import Sweep

FEATURE = Feature(
    name="documents",
    models=(models,),
    sweeps=(Sweep(110, forget_expired),),
)
