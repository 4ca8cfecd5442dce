"""What identity brings into the portal."""

from __future__ import annotations

from portal.identity import models, routes
from portal.identity.journal import JOURNAL
from portal.identity.messages import MESSAGES
from portal.identity.service.signing_in import forget_sign_ins
from portal.registry.feature import Feature
from portal.registry.navigation import Place, Purpose
from portal.registry.sweeps import Sweep

FEATURE = Feature(
    name="identity",
    blueprint=routes.blueprint,
    install=routes.install,
    models=(models,),
    messages=MESSAGES,
    journal=JOURNAL,
    places=(
        Place(Purpose.ACTING_POST, "identity.acting_post"),
        Place(Purpose.PASSWORD, "identity.password"),
        Place(Purpose.SECOND_FACTOR, "identity.second_factor"),
        Place(Purpose.SIGN_INS, "identity.sign_ins"),
        Place(Purpose.SIGN_IN, "identity.sign_in"),
        Place(Purpose.SIGN_OUT, "identity.sign_out"),
        Place(Purpose.CONFIRM, "identity.confirm"),
        Place(Purpose.LANGUAGE, "identity.language"),
    ),
    sweeps=(Sweep(120, forget_sign_ins),),
)
