"""What matters brings into the portal."""

from __future__ import annotations

from portal.matters import acts, models, routes
from portal.registry.feature import Feature

FEATURE = Feature(
    name="matters",
    blueprint=routes.blueprint,
    models=(models,),
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
        acts.DRAFT_REPORT,
        acts.SUBMIT_REPORT,
        acts.RECALL,
        acts.SIGN,
        acts.REVIEW,
        acts.NAME_REVIEWER,
        acts.ASK_EXTENSION,
        acts.DECIDE_EXTENSION,
        acts.URGE,
    ),
)
