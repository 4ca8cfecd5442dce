"""What notify brings into the portal."""

from __future__ import annotations

from portal.notify import digests, models, routes
from portal.notify.commands import deliveries
from portal.notify.jobs import fire_due, send_waiting, tell_of_lock_outs, tell_of_missing_calendar
from portal.notify.journal import JOURNAL
from portal.notify.messages import MESSAGES
from portal.notify.queries import unread_of
from portal.registry.commands import Command
from portal.registry.feature import Feature
from portal.registry.navigation import Place, Purpose
from portal.registry.session import UNREAD, SessionPart
from portal.registry.sweeps import Sweep

FEATURE = Feature(
    name="notify",
    blueprint=routes.blueprint,
    install=routes.install,
    models=(models,),
    messages=MESSAGES,
    journal=JOURNAL,
    places=(
        Place(Purpose.MESSAGES, "notify.messages"),
        Place(Purpose.BADGE, "notify.badge"),
        Place(Purpose.MESSAGE_SETTINGS, "notify.settings"),
    ),
    session_parts=(SessionPart(UNREAD, unread_of),),
    commands=(Command(deliveries),),
    sweeps=(
        Sweep(10, tell_of_lock_outs),
        Sweep(140, fire_due, sends=True),
        Sweep(150, digests.gather, sends=True),
        Sweep(160, tell_of_missing_calendar),
        Sweep(170, send_waiting, sends=True),
    ),
)
