"""What web brings into the portal."""

from __future__ import annotations

from portal.registry.commands import Command
from portal.registry.feature import Feature
from portal.web.commands import secret_key
from portal.web.journal import JOURNAL

FEATURE = Feature(
    name="web",
    journal=JOURNAL,
    commands=(Command(secret_key),),
)
