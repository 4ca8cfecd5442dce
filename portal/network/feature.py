"""What network brings into the portal."""

from __future__ import annotations

from portal.access.policy import Act
from portal.kernel.language import _l
from portal.network import models, routes
from portal.network.journal import JOURNAL
from portal.network.messages import MESSAGES
from portal.registry.feature import Feature
from portal.registry.navigation import Section

FEATURE = Feature(
    name="network",
    blueprint=routes.blueprint,
    models=(models,),
    messages=MESSAGES,
    journal=JOURNAL,
    sections=(
        Section("network.tree", _l("单位网络"), "network", Act.READ_NETWORK, _l("基础"), 800),
        Section("network.delegations", _l("委托与外出"), "leave", Act.DELEGATE, _l("基础"), 810),
    ),
)
