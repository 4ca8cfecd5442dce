"""What access brings into the portal."""

from __future__ import annotations

from portal.access import acts, models, record
from portal.registry.feature import Feature

FEATURE = Feature(
    name="access",
    models=(models, record),
    acts=(acts.OPEN_TO_ALL, acts.SIGNED_IN),
)
