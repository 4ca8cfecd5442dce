"""Who may do what: the one table. Act → any-of rows, each an all-of of one-line predicates.

The same judgement draws the buttons, guards the handlers and judges each row of a bulk act. What an act needs beyond
the person (a lead unit, a reason, nothing open below) is the chain's matter: see `matters.chain`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from portal.access.actor import Actor, Lent, Standing
from portal.access.roles import LEADERS, OFFICERS, SUPERVISION, Role
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
    HAND_OVER = "hand_over"
    KEEP_CONTACT = "keep_contact"
    NOMINATE = "nominate"
    READ_JOURNAL = "read_journal"
    KEEP_RULES = "keep_rules"
    KEEP_CALENDAR = "keep_calendar"
    READ_HEALTH = "read_health"
    KEEP_ACCOUNTS = "keep_accounts"
    READ_SENSITIVE = "read_sensitive"
    PROPOSE_SENSITIVE = "propose_sensitive"
    DECIDE_SENSITIVE = "decide_sensitive"
    REGISTER = "register"
    READ_MATTER = "read_matter"
    READ_READINGS = "read_readings"
    GRANT_READING = "grant_reading"
    AMEND = "amend"
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


@dataclass(frozen=True, slots=True)
class Predicate:
    """One condition, with the sentence that is shown where it is not met."""

    holds: Callable[[Actor, Standing, Any], bool]
    sentence: Any
    name: str


def predicate(sentence: Any) -> Callable[[Callable[[Actor, Standing, Any], bool]], Predicate]:
    """Give a condition its sentence."""
    return lambda test: Predicate(test, sentence, test.__name__)


@predicate(_l("须由督查员或督查室主任办理"))
def supervision(actor: Actor, post: Standing, record: Any) -> bool:
    return post.role in SUPERVISION


@predicate(_l("须由登记单位（已撤销的，由承接它的单位）的督查室办理"))
def of_registering_office(actor: Actor, post: Standing, matter: Any) -> bool:
    return post.role in SUPERVISION and matter.registering_unit_id in post.keeps


@predicate(_l("须由交办单位的督查室办理；没有督查室的，由其办公室主任办理"))
def of_supervising_office(actor: Actor, post: Standing, matter: Any) -> bool:
    roles = SUPERVISION if matter.supervised_by_office else (Role.OFFICE_DIRECTOR,)
    return post.role in roles and matter.supervising_unit_id in post.keeps


@predicate(_l("须由交办单位的督查室主任决定；没有督查室的，由其办公室主任决定"))
def heads_supervising_office(actor: Actor, post: Standing, matter: Any) -> bool:
    role = Role.SUPERVISION_HEAD if matter.supervised_by_office else Role.OFFICE_DIRECTOR
    return post.role == role and matter.supervising_unit_id in post.keeps


@predicate(_l("须由主办单位或其上级的督查室办理"))
def supervision_above(actor: Actor, post: Standing, matter: Any) -> bool:
    return post.role in SUPERVISION and matter.lead_unit is not None and post.for_unit_id in matter.lead_unit.path


@predicate(_l("须由主办单位上级的领导批示"))
def leads_above(actor: Actor, post: Standing, matter: Any) -> bool:
    return post.role in LEADERS and matter.lead_unit is not None and post.for_unit_id in matter.lead_unit.path[:-1]


@predicate(_l("须由作出批示的领导办理"))
def is_linked_leader(actor: Actor, post: Standing, matter: Any) -> bool:
    return matter.content is not None and matter.content.leader_id == actor.person_id


@predicate(_l("须由主办单位的联络员或办公室主任办理"))
def desk_of_lead_unit(actor: Actor, post: Standing, matter: Any) -> bool:
    return post.role in (Role.LIAISON_OFFICER, Role.OFFICE_DIRECTOR) and post.for_unit_id == matter.lead_unit_id


@predicate(_l("须由主办单位的督查室办理"))
def supervision_of_lead_unit(actor: Actor, post: Standing, matter: Any) -> bool:
    return post.role in SUPERVISION and post.for_unit_id == matter.lead_unit_id


@predicate(_l("须由承办人办理"))
def is_handler(actor: Actor, post: Standing, matter: Any) -> bool:
    return matter.content is not None and matter.content.handler_post_id == post.post_id


@predicate(_l("须由承办人本人办理"))
def is_handler_himself(actor: Actor, post: Standing, matter: Any) -> bool:
    return is_handler.holds(actor, post, matter) and matter.content.handler_id == actor.person_id


@predicate(_l("须由审核人办理"))
def is_reviewer(actor: Actor, post: Standing, matter: Any) -> bool:
    return matter.content is not None and matter.content.reviewer_id == actor.person_id


@predicate(_l("限定知悉的事项由承办人一人办理"))
def is_open_matter(actor: Actor, post: Standing, matter: Any) -> bool:
    return not matter.confidential


@predicate(_l("只用于限定知悉的事项"))
def is_confidential_matter(actor: Actor, post: Standing, matter: Any) -> bool:
    return bool(matter.confidential)


@predicate(_l("办结或撤销以后才能授权查阅"))
def is_ended(actor: Actor, post: Standing, matter: Any) -> bool:
    return not matter.open


@predicate(_l("限定知悉的事项，须由登记或交办它的督查员本人、或督查室主任办理"))
def of_its_supervisor(actor: Actor, post: Standing, matter: Any) -> bool:
    return (
        not matter.confidential
        or actor.person_id in (matter.registered_by_id, matter.assigned_by_id)
        or post.role == Role.SUPERVISION_HEAD
    )


@predicate(_l("须由协办单位办理"))
def of_co_unit(actor: Actor, post: Standing, matter: Any) -> bool:
    roles = (Role.LIAISON_OFFICER, Role.OFFICE_DIRECTOR, Role.HANDLER)
    return post.role in roles and post.for_unit_id in (matter.co_unit_ids or ())


@predicate(_l("须能看到此件内容"))
def reads_content(actor: Actor, post: Standing, matter: Any) -> bool:
    return matter.content is not None


@predicate(_l("须由列入本步的签批人办理"))
def is_signer_now(actor: Actor, post: Standing, matter: Any) -> bool:
    return matter.step_now is not None and matter.step_now.may_sign(actor, post)


@predicate(_l("须由秘书处办理"))
def secretariat(actor: Actor, post: Standing, record: Any) -> bool:
    return post.role == Role.SECRETARIAT


@predicate(_l("须由市级督查室主任办理"))
def heads_the_citys_office(actor: Actor, post: Standing, record: Any) -> bool:
    return post.role == Role.SUPERVISION_HEAD and len(post.path) == 1


@predicate(_l("须由市级秘书处办理"))
def secretariat_of_the_city(actor: Actor, post: Standing, record: Any) -> bool:
    return post.role == Role.SECRETARIAT and len(post.path) == 1


@predicate(_l("须由这个单位或其上级的秘书处办理"))
def keeps_unit(actor: Actor, post: Standing, unit: Any) -> bool:
    return post.role == Role.SECRETARIAT and post.for_unit_id in getattr(unit, "path", ())


@predicate(_l("须由这个单位上级的秘书处办理"))
def keeps_from_above(actor: Actor, post: Standing, unit: Any) -> bool:
    return post.role == Role.SECRETARIAT and post.for_unit_id in getattr(unit, "path", ())[:-1]


@predicate(_l("须由本单位的办公室主任办理"))
def directs_unit(actor: Actor, post: Standing, record: Any) -> bool:
    return post.role == Role.OFFICE_DIRECTOR and post.for_unit_id == record.unit_id


@predicate(_l("办公室主任只能为承办人、联络员办理"))
def holds_staff_posts(actor: Actor, post: Standing, record: Any) -> bool:
    return bool(record.roles) and record.roles <= {Role.HANDLER, Role.LIAISON_OFFICER}


@predicate(_l("须由本单位的主要领导办理"))
def leads_unit(actor: Actor, post: Standing, record: Any) -> bool:
    return post.role == Role.PRINCIPAL_LEADER and post.for_unit_id == record.unit_id


@predicate(_l("须由本人办理"))
def holds_this_post(actor: Actor, post: Standing, record: Any) -> bool:
    return post.post_id == record.post_id and post.delegation_id is None


@predicate(_l("须由审计员办理"))
def reads_the_journal(actor: Actor, post: Standing, record: Any) -> bool:
    return post.role == Role.AUDITOR


@predicate(_l("须由系统管理员办理"))
def runs_the_system(actor: Actor, post: Standing, record: Any) -> bool:
    return post.role == Role.SYSTEM_ADMIN


@predicate(_l("须由安全管理员办理"))
def keeps_accounts(actor: Actor, post: Standing, record: Any) -> bool:
    return post.role == Role.SECURITY_ADMIN


@predicate(_l("须由三员办理"))
def is_an_officer(actor: Actor, post: Standing, record: Any) -> bool:
    return post.role in OFFICERS


@predicate(_l("须由可以提出这件事的管理员提出"))
def proposes_it(actor: Actor, post: Standing, act: Any) -> bool:
    return post.role in getattr(act, "proposers", ())


@predicate(_l("须由可以审批这件事的管理员审批"))
def decides_it(actor: Actor, post: Standing, act: Any) -> bool:
    return post.role in getattr(act, "deciders", ())


@predicate(_l("提出人不能审批自己提出的事"))
def did_not_propose_it(actor: Actor, post: Standing, act: Any) -> bool:
    return actor.person_id != getattr(act, "proposed_by_id", None)


@predicate(_l("任何人不能审批涉及自己的事"))
def is_not_concerned(actor: Actor, post: Standing, act: Any) -> bool:
    return actor.person_id not in getattr(act, "about", ())


@predicate(_l("三员不办理业务"))
def not_an_officer(actor: Actor, post: Standing, record: Any) -> bool:
    return post.role not in OFFICERS


@predicate(_l("须在任职期内"))
def holds_a_post(actor: Actor, post: Standing, record: Any) -> bool:
    return post.delegation_id is None


@predicate(_l("须由有督查、交办或承办岗位的人员办理"))
def has_business(actor: Actor, post: Standing, record: Any) -> bool:
    return post.role not in OFFICERS | {Role.SECRETARIAT, Role.INFORMATION_EDITOR}


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
    Act.HAND_OVER: ((keeps_unit,), (directs_unit, holds_staff_posts)),
    Act.KEEP_CONTACT: ((keeps_unit,), (holds_this_post,)),
    Act.NOMINATE: ((directs_unit,), (leads_unit,), (keeps_unit,)),
    Act.READ_JOURNAL: ((reads_the_journal,),),
    Act.READ_HEALTH: ((runs_the_system,),),
    Act.KEEP_ACCOUNTS: ((keeps_accounts,),),
    Act.READ_SENSITIVE: ((is_an_officer,),),
    Act.PROPOSE_SENSITIVE: ((proposes_it,),),
    Act.DECIDE_SENSITIVE: ((decides_it, did_not_propose_it, is_not_concerned),),
    Act.REGISTER: ((supervision,),),
    Act.READ_READINGS: ((heads_supervising_office, is_confidential_matter),),
    Act.AMEND: ((of_registering_office, reads_content),),
    Act.GRANT_READING: ((heads_supervising_office, is_confidential_matter, is_ended),),
    Act.MAKE_CONFIDENTIAL: ((of_registering_office, is_open_matter),),
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
        (desk_of_lead_unit, is_open_matter),
        (supervision_of_lead_unit, is_open_matter),
        (is_handler, is_open_matter),
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


# What is judged on a unit or a post of the network, not on a matter.
ON_NETWORK = frozenset(
    {Act.KEEP_UNIT, Act.END_UNIT, Act.KEEP_PEOPLE, Act.HAND_OVER, Act.KEEP_CONTACT, Act.NOMINATE}
)

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
    if confidential and actor.suspended:
        return Decision(False, None, (str(_l("口令重置后还没有核实身份，限定知悉的事项暂不能办理")),))
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
