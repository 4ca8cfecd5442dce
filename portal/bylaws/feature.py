"""What bylaws brings into the portal."""

from __future__ import annotations

from portal.access.acts import SIGNED_IN
from portal.bylaws import acts, routes
from portal.bylaws.journal import JOURNAL
from portal.bylaws.messages import MESSAGES
from portal.kernel.language import _l
from portal.registry.feature import Feature
from portal.registry.navigation import Section

FEATURE = Feature(
    name="bylaws",
    blueprint=routes.blueprint,
    messages=MESSAGES,
    journal=JOURNAL,
    sections=(
        Section("bylaws.calendar", _l("工作日历"), "calendar", SIGNED_IN, _l("基础"), 820),
        Section("bylaws.rules", _l("督办规则"), "decision", SIGNED_IN, _l("基础"), 830),
    ),
    acts=(acts.KEEP_RULES, acts.KEEP_CALENDAR),
)
