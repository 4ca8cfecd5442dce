"""Who may do what: the one table. Act → any-of rows, each an all-of of the one-line conditions in `access.predicates`.

The same judgement draws the buttons, guards the handlers and judges each row of a bulk act. What an act needs beyond
the person (a lead unit, a reason, nothing open below) is the chain's matter: see `matters.chain`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from portal.access.actor import Actor, Lent, Standing
from portal.access.predicates import (
    Predicate,
    agreed_from_outside,
    agrees_from_outside,
    decides_it,
    desk_of_lead_unit,
    did_not_propose_it,
    did_not_reset_him,
    directs_unit,
    has_business,
    has_units_below,
    heads_it_now,
    heads_supervising_office,
    heads_the_citys_office,
    holds_a_post,
    holds_staff_posts,
    holds_this_post,
    is_an_officer,
    is_confidential_matter,
    is_ended,
    is_handler,
    is_handler_himself,
    is_linked_leader,
    is_not_concerned,
    is_open_matter,
    is_reviewer,
    is_signer_now,
    keeps_accounts,
    keeps_from_above,
    keeps_unit,
    leads_above,
    leads_unit,
    nobody_heads_it,
    not_an_officer,
    of_co_unit,
    of_its_supervisor,
    of_registering_office,
    of_supervising_office,
    proposes_it,
    reads_content,
    reads_the_journal,
    runs_the_system,
    secretariat,
    secretariat_of_the_city,
    stands_alone,
    supervision,
    supervision_above,
    supervision_of_lead_unit,
)
from portal.kernel.language import _l


class Act(StrEnum):
    """Everything a person can do or open. A route names one of these, or the portal does not start."""

    OPEN_TO_ALL = "open_to_all"
    SIGNED_IN = "signed_in"
    READ_REGISTER = "read_register"
    READ_NETWORK = "read_network"
    KEEP_NETWORK = "keep_network"
    KEEP_UNIT = "keep_unit"
    END_UNIT = "end_unit"
    DELEGATE = "delegate"
    KEEP_PEOPLE = "keep_people"
    AGREE_APPOINTMENT = "agree_appointment"
    HAND_OVER = "hand_over"
    KEEP_CONTACT = "keep_contact"
    NOMINATE = "nominate"
    READ_JOURNAL = "read_journal"
    KEEP_RULES = "keep_rules"
    KEEP_CALENDAR = "keep_calendar"
    READ_HEALTH = "read_health"
    KEEP_RUNNING = "keep_running"
    KEEP_ACCOUNTS = "keep_accounts"
    READ_SENSITIVE = "read_sensitive"
    PROPOSE_SENSITIVE = "propose_sensitive"
    AGREE_FROM_OUTSIDE = "agree_from_outside"
    DECIDE_SENSITIVE = "decide_sensitive"
    REGISTER = "register"
    READ_MATTER = "read_matter"
    READ_READINGS = "read_readings"
    GRANT_READING = "grant_reading"
    AMEND = "amend"
    ATTACH = "attach"
    MAKE_CONFIDENTIAL = "make_confidential"
    ASSIGN = "assign"
    REASSIGN_UNIT = "reassign_unit"
    WITHDRAW = "withdraw"
    NEW_ROUND = "new_round"
    INSTRUCT_AGAIN = "instruct_again"
    NAME_HANDLER = "name_handler"
    FORWARD = "forward"
    DECLINE = "decline"
    ACKNOWLEDGE = "acknowledge"
    PROGRESS = "progress"
    CO_PROGRESS = "co_progress"
    DRAFT_REPORT = "draft_report"
    SUBMIT_REPORT = "submit_report"
    RECALL = "recall"
    SIGN = "sign"
    REVIEW = "review"
    NAME_REVIEWER = "name_reviewer"
    ASK_EXTENSION = "ask_extension"
    DECIDE_EXTENSION = "decide_extension"
    URGE = "urge"


ANYONE: tuple[tuple[Predicate, ...], ...] = ((),)

POLICY: dict[Act, tuple[tuple[Predicate, ...], ...]] = {
    Act.OPEN_TO_ALL: ANYONE,
    Act.SIGNED_IN: ANYONE,
    Act.READ_MATTER: ANYONE,  # what is visible is the seam's to say
    Act.READ_REGISTER: ((has_business,),),
    Act.READ_NETWORK: ((not_an_officer,),),
    Act.KEEP_NETWORK: ((secretariat,),),
    Act.KEEP_UNIT: ((keeps_unit,),),
    Act.END_UNIT: ((keeps_from_above,),),
    Act.DELEGATE: ((not_an_officer, holds_a_post),),
    Act.KEEP_RULES: ((heads_the_citys_office,),),
    Act.KEEP_CALENDAR: ((secretariat_of_the_city,),),
    Act.KEEP_PEOPLE: ((keeps_unit,),),
    Act.AGREE_APPOINTMENT: (
        (heads_it_now, did_not_propose_it, is_not_concerned),
        (keeps_accounts, nobody_heads_it, did_not_propose_it, is_not_concerned),
    ),
    Act.HAND_OVER: ((keeps_unit,), (directs_unit, holds_staff_posts)),
    Act.KEEP_CONTACT: ((keeps_unit,), (holds_this_post,)),
    Act.NOMINATE: ((directs_unit,), (leads_unit,), (keeps_unit,)),
    Act.READ_JOURNAL: ((reads_the_journal,),),
    Act.READ_HEALTH: ((runs_the_system,),),
    Act.KEEP_RUNNING: ((runs_the_system,),),
    Act.KEEP_ACCOUNTS: ((keeps_accounts,),),
    Act.READ_SENSITIVE: ((is_an_officer,),),
    Act.PROPOSE_SENSITIVE: ((proposes_it,),),
    Act.AGREE_FROM_OUTSIDE: ((agrees_from_outside, did_not_propose_it, is_not_concerned),),
    Act.DECIDE_SENSITIVE: ((decides_it, did_not_propose_it, is_not_concerned, did_not_reset_him, agreed_from_outside),),
    Act.REGISTER: ((supervision,),),
    Act.READ_READINGS: ((heads_supervising_office, is_confidential_matter),),
    Act.AMEND: ((of_registering_office, reads_content, stands_alone),),
    Act.ATTACH: ((of_registering_office, reads_content),),
    Act.GRANT_READING: ((heads_supervising_office, is_confidential_matter, is_ended),),
    Act.MAKE_CONFIDENTIAL: ((of_registering_office, is_open_matter, stands_alone),),
    Act.ASSIGN: ((of_supervising_office, of_its_supervisor),),
    Act.REASSIGN_UNIT: ((of_supervising_office, of_its_supervisor),),
    Act.WITHDRAW: ((of_registering_office, of_its_supervisor),),
    Act.NEW_ROUND: ((of_registering_office,),),
    Act.INSTRUCT_AGAIN: ((leads_above, is_open_matter), (is_linked_leader,)),
    Act.NAME_HANDLER: (
        (desk_of_lead_unit, is_open_matter),
        (of_supervising_office, is_confidential_matter, of_its_supervisor),
    ),
    Act.FORWARD: (
        (desk_of_lead_unit, is_open_matter, has_units_below),
        (supervision_of_lead_unit, is_open_matter, has_units_below),
        (is_handler, is_open_matter, has_units_below),
    ),
    Act.DECLINE: ((desk_of_lead_unit, is_open_matter), (is_handler_himself, is_confidential_matter)),
    Act.ACKNOWLEDGE: ((is_handler,),),
    Act.PROGRESS: ((is_handler,),),
    Act.CO_PROGRESS: ((of_co_unit, is_open_matter),),
    Act.DRAFT_REPORT: ((is_handler,),),
    Act.SUBMIT_REPORT: ((is_handler,),),
    Act.RECALL: ((is_handler,),),
    Act.SIGN: ((is_signer_now,),),
    Act.REVIEW: ((of_supervising_office, is_open_matter), (of_supervising_office, is_reviewer, is_confidential_matter)),
    Act.NAME_REVIEWER: ((heads_supervising_office, is_confidential_matter),),
    Act.ASK_EXTENSION: ((is_handler,),),
    Act.DECIDE_EXTENSION: ((heads_supervising_office,),),
    Act.URGE: ((supervision_above,), (of_supervising_office,)),
}


# An officer whose password was reset acts as one again when somebody else has seen that it is he.
OF_OFFICERS = frozenset(
    {Act.READ_JOURNAL, Act.READ_HEALTH, Act.KEEP_ACCOUNTS, Act.PROPOSE_SENSITIVE, Act.DECIDE_SENSITIVE, Act.AGREE_APPOINTMENT}
    | {Act.AGREE_FROM_OUTSIDE}
)

# What is judged on a unit or a post of the network, not on a matter.
ON_NETWORK = frozenset({Act.KEEP_UNIT, Act.END_UNIT, Act.KEEP_PEOPLE, Act.HAND_OVER, Act.KEEP_CONTACT, Act.NOMINATE})

# A delegation for named kinds covers these acts and reading; one for everything covers every act of the post.
LENT_ACTS: dict[Lent, frozenset[Act]] = {
    Lent.SIGN: frozenset({Act.SIGN}),
    Lent.GIVE: frozenset({Act.NAME_HANDLER, Act.FORWARD, Act.DECLINE, Act.CO_PROGRESS}),
    Lent.SUPERVISE: frozenset({Act.ASSIGN, Act.REASSIGN_UNIT, Act.REVIEW, Act.NAME_REVIEWER, Act.DECIDE_EXTENSION, Act.URGE}),
}
READING = frozenset({Act.OPEN_TO_ALL, Act.SIGNED_IN, Act.READ_MATTER, Act.READ_REGISTER, Act.READ_NETWORK})


def covers(post: Standing, act: Act) -> bool:
    """Whether this post may be used for the act: a post of one's own for any, a borrowed one for what was lent."""
    if post.delegation_id is None or Lent.ALL in post.lent or act in READING:
        return True
    return any(act in LENT_ACTS[kind] for kind in post.lent)


@dataclass(frozen=True, slots=True)
class Decision:
    """May he, and in which of his posts; if not, every condition that is not met in the nearest row."""

    may: bool
    standing: Standing | None
    unmet: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.may


def allowed(actor: Actor, act: Act, record: Any = None) -> Decision:
    """Judge one act. The post acted in is tried first; the post that permits is the one that is recorded. A delegate's
    borrowed post serves for the kinds of act that were lent, and reaches a confidential matter only where the delegation
    names such matters."""
    rows = POLICY[act]
    confidential = bool(getattr(record, "confidential", False))
    if actor.suspended and act in OF_OFFICERS:
        return Decision(False, None, (str(_l("口令由他人发放或重置，还没有核实身份，这类事务暂不能办理")),))
    if confidential and actor.suspended:
        return Decision(False, None, (str(_l("口令由他人发放或重置，还没有核实身份，限定知悉的事项暂不能办理")),))
    nearest: tuple[str, ...] | None = None
    lent_for_other = False
    for post in actor.standings:
        if confidential and not post.covers_confidential:
            continue
        if not covers(post, act):
            lent_for_other = True
            continue
        for row in rows:
            unmet = tuple(str(p.sentence) for p in row if not p.holds(actor, post, record))
            if not unmet:
                return Decision(True, post)
            if nearest is None or len(unmet) < len(nearest):
                nearest = unmet
    if nearest is None and rows is ANYONE:
        return Decision(True, None)
    if lent_for_other:
        nearest = (*(nearest or ()), str(_l("受托的岗位没有委托这类事务")))
    return Decision(False, None, nearest or (str(_l("您当前没有在任的岗位")),))
