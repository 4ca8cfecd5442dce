"""What web brings into the portal."""

from __future__ import annotations

from portal.registry.feature import Feature
from portal.web.journal import JOURNAL

FEATURE = Feature(
    name="web",
    journal=JOURNAL,
)
