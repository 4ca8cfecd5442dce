"""What duty brings into the portal."""

from __future__ import annotations

from portal.duty.queries import on_shift
from portal.registry.feature import Feature

FEATURE = Feature(
    name="duty",
    on_shift=(on_shift,),
)
