"""Who may do what: the acts of officers."""

from __future__ import annotations

from portal.access.predicates import did_not_propose_it, is_not_concerned, keeps_accounts
from portal.kernel.language import _l
from portal.officers.predicates import (
    agreed_from_outside,
    agrees_from_outside,
    decides_it,
    did_not_reset_him,
    is_an_officer,
    proposes_it,
    reads_the_journal,
    runs_the_system,
)
from portal.registry.acts import About, Act

READ_JOURNAL = Act("read_journal", _l("查看日志"), rows=((reads_the_journal,),), about=About.NOTHING, of_officers=True)
READ_HEALTH = Act("read_health", _l("查看系统运行"), rows=((runs_the_system,),), about=About.NOTHING, of_officers=True)
KEEP_RUNNING = Act("keep_running", _l("重发退信、确认时钟"), rows=((runs_the_system,),), about=About.NOTHING)
KEEP_ACCOUNTS = Act("keep_accounts", _l("管理账号"), rows=((keeps_accounts,),), about=About.NOTHING, of_officers=True)
READ_SENSITIVE = Act("read_sensitive", _l("查看双人审批"), rows=((is_an_officer,),), about=About.NOTHING)
PROPOSE_SENSITIVE = Act("propose_sensitive", _l("提出双人审批事项"), rows=((proposes_it,),), about=About.PROPOSAL, of_officers=True)
AGREE_FROM_OUTSIDE = Act(
    "agree_from_outside",
    _l("同意涉及三员的双人审批事项"),
    rows=((agrees_from_outside, did_not_propose_it, is_not_concerned),),
    about=About.PROPOSAL,
    of_officers=True,
)
DECIDE_SENSITIVE = Act(
    "decide_sensitive",
    _l("审批双人审批事项"),
    rows=((decides_it, did_not_propose_it, is_not_concerned, did_not_reset_him, agreed_from_outside),),
    about=About.PROPOSAL,
    of_officers=True,
)
