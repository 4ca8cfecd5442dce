"""What importing brings into the portal."""

from __future__ import annotations

from portal.importing import models
from portal.importing.previews import forget_expired
from portal.registry.feature import Feature
from portal.registry.sweeps import Sweep

FEATURE = Feature(
    name="importing",
    models=(models,),
    sweeps=(Sweep(110, forget_expired),),
)
