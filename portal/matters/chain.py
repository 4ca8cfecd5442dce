"""The moves of a matter. One row, one rule: which act, from which state to which, on what conditions."""

from __future__ import annotations

from portal.matters import acts
from portal.matters.models import State as S
from portal.papers.acts import SIGN
from portal.workflow.chain import Chain, Move, rows, stays

AT_WORK = (S.ASSIGNED, S.ACKNOWLEDGED, S.IN_PROGRESS, S.IN_SIGN_OFF)
OPEN = (S.REGISTERED, *AT_WORK, S.UNDER_REVIEW)

CHAIN = Chain(
    "matter",
    start=S.REGISTERED,
    ends=frozenset({S.CLOSED, S.WITHDRAWN}),
    moves=(
        Move(
            "assign",
            S.REGISTERED,
            S.ASSIGNED,
            acts.ASSIGN,
            needs=("given:lead_unit", "given:handler_if_confidential", "given:co_units"),
        ),
        Move("forward", S.REGISTERED, S.ASSIGNED, acts.FORWARD, needs=("given:lead_unit", "below_parent")),
        *stays("name_handler", (S.ASSIGNED, S.ACKNOWLEDGED, S.IN_PROGRESS), acts.NAME_HANDLER, needs=("given:handler",)),
        Move("acknowledge", S.ASSIGNED, S.ACKNOWLEDGED, acts.ACKNOWLEDGE, stops=("receipt",)),
        *rows(
            "decline",
            (S.ASSIGNED, S.ACKNOWLEDGED),
            S.REGISTERED,
            acts.DECLINE,
            needs=("within_decline_term", "nothing_open_below", "given:reason"),
            stops=("receipt",),
        ),
        *rows(
            "reassign_unit",
            AT_WORK,
            S.ASSIGNED,
            acts.REASSIGN_UNIT,
            needs=("nothing_open_below", "given:lead_unit", "given:handler_if_confidential", "given:reason"),
            stops=("receipt",),
        ),
        Move("start", S.ACKNOWLEDGED, S.IN_PROGRESS, acts.PROGRESS),
        *stays("progress", (S.IN_PROGRESS, S.IN_SIGN_OFF), acts.PROGRESS, needs=("given:words",)),
        Move(
            "submit_report",
            S.IN_PROGRESS,
            S.IN_SIGN_OFF,
            acts.SUBMIT_REPORT,
            needs=("report_complete", "nothing_open_below", "seats_held"),
        ),
        *stays("check", (S.IN_SIGN_OFF,), SIGN),
        *stays("endorse", (S.IN_SIGN_OFF,), SIGN),
        *stays("countersign", (S.IN_SIGN_OFF,), SIGN),
        Move("issue", S.IN_SIGN_OFF, S.UNDER_REVIEW, SIGN, stops=("closing", "first_feedback")),
        Move("send_back", S.IN_SIGN_OFF, S.IN_PROGRESS, SIGN, needs=("given:reason",)),
        Move("end_sign_off", S.IN_SIGN_OFF, S.IN_PROGRESS, acts.AMEND),
        Move("recall", S.IN_SIGN_OFF, S.IN_PROGRESS, acts.RECALL),
        Move("return_for_rework", S.UNDER_REVIEW, S.IN_PROGRESS, acts.REVIEW, needs=("given:failed", "given:reason")),
        Move(
            "close",
            S.UNDER_REVIEW,
            S.CLOSED,
            acts.REVIEW,
            needs=("nothing_open_below", "extension_decided", "issued_by_its_seat"),
        ),
        *rows(
            "withdraw",
            OPEN,
            S.WITHDRAWN,
            acts.WITHDRAW,
            needs=("nothing_open_below", "given:reason"),
            stops=("receipt", "closing", "first_feedback"),
        ),
        *rows(
            "make_confidential",
            OPEN,
            S.WITHDRAWN,
            acts.MAKE_CONFIDENTIAL,
            needs=("nothing_open_below", "given:reason"),
            stops=("receipt", "closing", "first_feedback"),
        ),
    ),
)
