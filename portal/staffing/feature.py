"""What staffing brings into the portal."""

from __future__ import annotations

from portal.access.acts import SIGNED_IN
from portal.kernel.language import _l
from portal.registry.feature import Feature
from portal.registry.navigation import Place, Purpose, Section
from portal.registry.sweeps import Sweep
from portal.staffing import acts, jobs, models, routes
from portal.staffing.journal import JOURNAL
from portal.staffing.messages import MESSAGES
from portal.staffing.service.agreeing import may_be_asked

FEATURE = Feature(
    name="staffing",
    blueprint=routes.blueprint,
    models=(models,),
    messages=MESSAGES,
    journal=JOURNAL,
    sections=(Section("staffing.appointments", _l("任职同意"), "sign", SIGNED_IN, _l("基础"), 807, shown=may_be_asked),),
    sweeps=(
        Sweep(20, jobs.carry_out_changes),
        Sweep(30, jobs.pass_on_ended_posts),
        Sweep(90, jobs.tell_of_appointments),
        Sweep(100, jobs.ask_to_confirm),
    ),
    places=(
        Place(Purpose.PERSON, "staffing.person"),
        Place(Purpose.CONTACT, "staffing.contact"),
        Place(Purpose.APPOINT, "staffing.appoint"),
    ),
    acts=(acts.AGREE_APPOINTMENT, acts.HAND_OVER),
)
