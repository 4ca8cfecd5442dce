"""What instructions brings into the portal."""

from __future__ import annotations

from portal.instructions import acts, routes
from portal.instructions.bylaws import DEADLINES
from portal.instructions.journal import JOURNAL
from portal.instructions.kind import KIND
from portal.instructions.messages import MESSAGES
from portal.instructions.previews import IMPORT
from portal.instructions.shapes import CHAINS
from portal.kernel.language import _l
from portal.matters.acts import READ_REGISTER
from portal.registry.feature import Feature
from portal.registry.navigation import Place, Purpose, Section

FEATURE = Feature(
    name="instructions",
    blueprint=routes.blueprint,
    kinds=(KIND,),
    messages=MESSAGES,
    journal=JOURNAL,
    sections=(
        Section(
            "instructions.register_list",
            _l("批示件登记表"),
            "register",
            READ_REGISTER,
            order=20,
            pages=frozenset({"matters"}),
        ),
    ),
    places=(Place(Purpose.REGISTER, "instructions.register_list"),),
    imports=(IMPORT,),
    rules=(DEADLINES,),
    chains=CHAINS,
    acts=(acts.REGISTER,),
)
