"""What network brings into the portal."""

from __future__ import annotations

from portal.kernel.language import _l
from portal.network import acts, models, routes
from portal.network.commands import network
from portal.network.journal import JOURNAL
from portal.network.messages import MESSAGES
from portal.network.previews import IMPORTS
from portal.network.queries import standings_column
from portal.registry.commands import Command
from portal.registry.feature import Feature
from portal.registry.navigation import Section
from portal.registry.session import STANDINGS, SessionPart

FEATURE = Feature(
    name="network",
    blueprint=routes.blueprint,
    models=(models,),
    messages=MESSAGES,
    journal=JOURNAL,
    sections=(
        Section("network.tree", _l("单位网络"), "network", acts.READ_NETWORK, _l("基础"), 800),
        Section("network.delegations", _l("委托与外出"), "leave", acts.DELEGATE, _l("基础"), 810),
    ),
    session_parts=(SessionPart(STANDINGS, standings_column),),
    commands=(Command(network),),
    imports=tuple(IMPORTS.values()),
    acts=(acts.READ_NETWORK, acts.KEEP_NETWORK, acts.KEEP_UNIT, acts.END_UNIT, acts.DELEGATE, acts.KEEP_PEOPLE, acts.KEEP_CONTACT),
)
