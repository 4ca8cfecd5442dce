"""What matters brings into the portal."""

from __future__ import annotations

from portal.matters import acts, ladder, models, on_unit_change, routes
from portal.matters.bylaws import BYLAWS
from portal.matters.commands import COMMANDS
from portal.matters.jobs import go_on_with_successors
from portal.matters.journal import ENTRIES, JOURNAL
from portal.matters.messages import MESSAGES
from portal.matters.replanning import follow, follow_new_calendar, receipts_that_would_move
from portal.matters.reseat import lent_no_longer
from portal.matters.sameness import take_missing
from portal.matters.service.attaching import key_plain_digests
from portal.matters.service.granting import tidy_lapsed
from portal.matters.service.on_post_end import describe, pass_on
from portal.matters.tasks import TASKS
from portal.registry.feature import Feature
from portal.registry.hooks import OnCalendarChange, OnPostEnd, OnUnitChange
from portal.registry.sweeps import Sweep

FEATURE = Feature(
    name="matters",
    blueprint=routes.blueprint,
    install=routes.install,
    models=(models,),
    messages=MESSAGES,
    journal=JOURNAL,
    entries=ENTRIES,
    tasks=TASKS,
    on_unit_change=(OnUnitChange(on_unit_change.follow, on_unit_change.moved, on_unit_change.seats),),
    open_in_unit=(on_unit_change.open_led_by,),
    on_post_end=(OnPostEnd(pass_on, describe),),
    on_lending_end=(lent_no_longer,),
    on_calendar_change=(OnCalendarChange(follow, receipts_that_would_move),),
    ladders=(ladder.resolve,),
    rules=BYLAWS,
    sweeps=(
        Sweep(40, go_on_with_successors),
        Sweep(50, follow_new_calendar),
        Sweep(60, tidy_lapsed),
        Sweep(70, take_missing),
    ),
    commands=COMMANDS,
    at_start=(key_plain_digests,),
    acts=(
        acts.READ_MATTER,
        acts.READ_REGISTER,
        acts.READ_READINGS,
        acts.GRANT_READING,
        acts.AMEND,
        acts.ATTACH,
        acts.MAKE_CONFIDENTIAL,
        acts.ASSIGN,
        acts.REASSIGN_UNIT,
        acts.WITHDRAW,
        acts.NEW_ROUND,
        acts.INSTRUCT_AGAIN,
        acts.NAME_HANDLER,
        acts.FORWARD,
        acts.DECLINE,
        acts.ACKNOWLEDGE,
        acts.PROGRESS,
        acts.CO_PROGRESS,
        acts.NAME_CO_HANDLER,
        acts.DRAFT_REPORT,
        acts.SUBMIT_REPORT,
        acts.RECALL,
        acts.REVIEW,
        acts.NAME_REVIEWER,
        acts.ASK_EXTENSION,
        acts.DECIDE_EXTENSION,
        acts.URGE,
    ),
)
