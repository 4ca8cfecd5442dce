"""What overview brings into the portal."""

from __future__ import annotations

from portal.access.policy import Act
from portal.kernel.language import _l
from portal.overview import routes
from portal.registry.feature import Feature
from portal.registry.navigation import Place, Purpose, Section

FEATURE = Feature(
    name="overview",
    blueprint=routes.blueprint,
    sections=(Section("overview.desk", _l("工作台"), "desk", Act.SIGNED_IN, order=10),),
    places=(Place(Purpose.DESK, "overview.desk"),),
)
