"""What matters brings into the portal."""

from __future__ import annotations

from portal.matters import following, ladder, models, routes
from portal.matters.journal import ENTRIES, JOURNAL
from portal.matters.messages import MESSAGES
from portal.matters.service.passing_on import describe, pass_on
from portal.matters.succession import lent_no_longer
from portal.registry.feature import Feature
from portal.registry.hooks import OnPostEnd, OnUnitChange

FEATURE = Feature(
    name="matters",
    blueprint=routes.blueprint,
    install=routes.install,
    models=(models,),
    messages=MESSAGES,
    journal=JOURNAL,
    entries=ENTRIES,
    on_unit_change=(OnUnitChange(following.follow, following.moved, following.seats),),
    open_in_unit=(following.open_led_by,),
    on_post_end=(OnPostEnd(pass_on, describe),),
    on_lending_end=(lent_no_longer,),
    ladders=(ladder.resolve,),
)
