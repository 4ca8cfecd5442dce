"""What officers brings into the portal."""

from __future__ import annotations

from portal.kernel.language import _l
from portal.officers import acts, models, routes
from portal.officers.commands import restored
from portal.officers.journal import JOURNAL
from portal.officers.messages import MESSAGES
from portal.officers.queries import count_waiting
from portal.officers.service import note_sweep, refuse_unbelieved_clock
from portal.registry.commands import Command
from portal.registry.feature import Feature
from portal.registry.navigation import Section
from portal.registry.sweeps import Sweep

FEATURE = Feature(
    name="officers",
    blueprint=routes.blueprint,
    models=(models,),
    messages=MESSAGES,
    journal=JOURNAL,
    sections=(
        Section("officers.health", _l("系统运行"), "statistics", acts.READ_HEALTH, _l("系统"), 900),
        Section("officers.accounts", _l("账号"), "person", acts.KEEP_ACCOUNTS, _l("系统"), 910),
        Section("officers.rules", _l("安全规则"), "key", acts.KEEP_ACCOUNTS, _l("系统"), 920),
        Section("officers.acts", _l("双人审批"), "sign", acts.READ_SENSITIVE, _l("系统"), 930, count=count_waiting),
        Section("officers.journal", _l("日志"), "journal", acts.READ_JOURNAL, _l("系统"), 940),
    ),
    before_number=(refuse_unbelieved_clock,),
    commands=(Command(restored),),
    sweeps=(Sweep(130, note_sweep),),
    acts=(
        acts.READ_JOURNAL,
        acts.READ_HEALTH,
        acts.KEEP_RUNNING,
        acts.KEEP_ACCOUNTS,
        acts.READ_SENSITIVE,
        acts.PROPOSE_SENSITIVE,
        acts.AGREE_FROM_OUTSIDE,
        acts.DECIDE_SENSITIVE,
    ),
)
