"""Who may do what: the acts of staffing."""

from __future__ import annotations

from portal.access.predicates import did_not_propose_it, is_not_concerned, keeps_accounts, keeps_unit
from portal.kernel.language import _l
from portal.registry.acts import About, Act
from portal.staffing.predicates import directs_unit, heads_it_now, holds_staff_posts, nobody_heads_it

AGREE_APPOINTMENT = Act(
    "agree_appointment",
    _l("同意督查员、督查室主任、领导的任职"),
    rows=(
        (heads_it_now, did_not_propose_it, is_not_concerned),
        (keeps_accounts, nobody_heads_it, did_not_propose_it, is_not_concerned),
    ),
    about=About.PROPOSAL,
    of_officers=True,
)
HAND_OVER = Act("hand_over", _l("办理离岗交接"), rows=((keeps_unit,), (directs_unit, holds_staff_posts)), about=About.NETWORK)
