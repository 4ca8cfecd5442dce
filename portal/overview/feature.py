"""What overview brings into the portal."""

from __future__ import annotations

from portal.access.acts import SIGNED_IN
from portal.kernel.language import _l
from portal.overview import routes
from portal.registry.feature import Feature
from portal.registry.navigation import Place, Purpose, Section

FEATURE = Feature(
    name="overview",
    blueprint=routes.blueprint,
    sections=(Section("overview.desk", _l("工作台"), "desk", SIGNED_IN, order=10),),
    places=(Place(Purpose.DESK, "overview.desk"), Place(Purpose.SEARCH, "overview.search")),
)
