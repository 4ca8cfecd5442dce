"""What liaisons brings into the portal."""

from __future__ import annotations

from portal.kernel.language import _l
from portal.liaisons import acts, jobs, models, routes
from portal.liaisons.journal import JOURNAL
from portal.liaisons.messages import MESSAGES
from portal.network.acts import READ_NETWORK
from portal.registry.feature import Feature
from portal.registry.navigation import Section
from portal.registry.sweeps import Sweep

PAGES = frozenset(
    ("liaisons.drives_list", "liaisons.open_drive", "liaisons.drive", "liaisons.nominate", "liaisons.settle", "staffing.contact")
)

FEATURE = Feature(
    name="liaisons",
    blueprint=routes.blueprint,
    models=(models,),
    messages=MESSAGES,
    journal=JOURNAL,
    sections=(Section("liaisons.liaison_officers", _l("联络员"), "person", READ_NETWORK, _l("基础"), 805, pages=PAGES),),
    sweeps=(Sweep(80, jobs.remind_drives),),
    acts=(acts.NOMINATE,),
)
