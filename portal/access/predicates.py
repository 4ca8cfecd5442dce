"""The conditions that the policy is made of: each about one person in one of his posts and one record, in one line, with
the sentence that is shown where it is not met. Which act wants which of them is the table's to say: `access.policy`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from portal.access.actor import Actor, Standing
from portal.access.roles import LEADERS, OFFICERS, SUPERVISION, Role
from portal.kernel.language import _l


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


@predicate(_l("转办事项随上级事项变动，请由上级事项的登记单位办理"))
def stands_alone(actor: Actor, post: Standing, matter: Any) -> bool:
    return matter.parent_id is None


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


@predicate(_l("主办单位没有可以转办的下级单位"))
def has_units_below(actor: Actor, post: Standing, matter: Any) -> bool:
    return matter.lead_unit is not None and matter.lead_unit.has_below


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


@predicate(_l("须由该单位现任的督查室主任（任职督查岗位的）或主要领导（任职领导的）本人同意"))
def heads_it_now(actor: Actor, post: Standing, record: Any) -> bool:
    heads = getattr(record, "heads", ())
    return post.delegation_id is None and post.role == getattr(record, "head_role", None) and actor.person_id in heads


@predicate(_l("该单位现无负责人的，由安全管理员同意"))
def nobody_heads_it(actor: Actor, post: Standing, record: Any) -> bool:
    heads = getattr(record, "heads", None)
    return heads is not None and not heads


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


@predicate(_l("须由可以审批这件事的管理员、本人的负责人审批"))
def decides_it(actor: Actor, post: Standing, act: Any) -> bool:
    return post.role in getattr(act, "deciders", ()) or is_asked_as_head(actor, post, act, "heads")


@predicate(_l("须由三员以外的市级督查室主任（空缺的，市级主要领导）本人同意"))
def agrees_from_outside(actor: Actor, post: Standing, act: Any) -> bool:
    return post.role not in OFFICERS and is_asked_as_head(actor, post, act, "outsiders")


def is_asked_as_head(actor: Actor, post: Standing, act: Any, which: str) -> bool:
    """One of those persons, in a post of his own: no stand-in is asked."""
    return post.delegation_id is None and actor.person_id in getattr(act, which, ())


@predicate(_l("涉及三员的，须先由三员以外的市级督查室主任（空缺的，市级主要领导）同意"))
def agreed_from_outside(actor: Actor, post: Standing, act: Any) -> bool:
    return not getattr(act, "needs_outside", False) or getattr(act, "outside_by_id", None) is not None


@predicate(_l("口令由谁重置的，不由谁核实其身份"))
def did_not_reset_him(actor: Actor, post: Standing, act: Any) -> bool:
    return actor.person_id not in getattr(act, "reset_by", ())


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
