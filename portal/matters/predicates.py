"""The conditions on a matter that acts are made of; see `access.predicates`."""

from __future__ import annotations

from typing import Any

from portal.access.actor import Actor, Standing
from portal.access.predicates import predicate
from portal.access.roles import LEADERS, SUPERVISION, Role
from portal.kernel.language import _l


@predicate(_l("须由登记单位（已撤销的，由承接它的单位）的督查室办理"), _l("登记单位督查室的督查员、主任"))
def of_registering_office(actor: Actor, post: Standing, matter: Any) -> bool:
    return post.role in SUPERVISION and matter.registering_unit_id in post.keeps


@predicate(
    _l("须由交办单位的督查室办理；没有督查室的，由其办公室主任办理"),
    _l("交办单位督查室的督查员、主任（没有督查室的，其办公室主任）"),
)
def of_supervising_office(actor: Actor, post: Standing, matter: Any) -> bool:
    roles = SUPERVISION if matter.supervised_by_office else (Role.OFFICE_DIRECTOR,)
    return post.role in roles and matter.supervising_unit_id in post.keeps


@predicate(
    _l("须由交办单位的督查室主任决定；没有督查室的，由其办公室主任决定"), _l("交办单位的督查室主任（没有督查室的，其办公室主任）")
)
def heads_supervising_office(actor: Actor, post: Standing, matter: Any) -> bool:
    role = Role.SUPERVISION_HEAD if matter.supervised_by_office else Role.OFFICE_DIRECTOR
    return post.role == role and matter.supervising_unit_id in post.keeps


@predicate(_l("须由主办单位或其上级的督查室办理"), _l("主办单位或其任一上级的督查员、督查室主任"))
def supervision_above(actor: Actor, post: Standing, matter: Any) -> bool:
    return post.role in SUPERVISION and matter.lead_unit is not None and post.for_unit_id in matter.lead_unit.path


@predicate(_l("须由主办单位上级的领导批示"), _l("主办单位任一上级的分管领导、主要领导"))
def leads_above(actor: Actor, post: Standing, matter: Any) -> bool:
    return post.role in LEADERS and matter.lead_unit is not None and post.for_unit_id in matter.lead_unit.path[:-1]


@predicate(_l("须由作出批示的领导办理"), _l("作出批示的领导"))
def is_linked_leader(actor: Actor, post: Standing, matter: Any) -> bool:
    return matter.content is not None and matter.content.leader_id == actor.person_id


@predicate(_l("须由主办单位的联络员或办公室主任办理"), _l("主办单位的联络员、办公室主任"))
def desk_of_lead_unit(actor: Actor, post: Standing, matter: Any) -> bool:
    return post.role in (Role.LIAISON_OFFICER, Role.OFFICE_DIRECTOR) and post.for_unit_id == matter.lead_unit_id


@predicate(_l("须由主办单位的督查室办理"), _l("主办单位的督查员、督查室主任"))
def supervision_of_lead_unit(actor: Actor, post: Standing, matter: Any) -> bool:
    return post.role in SUPERVISION and post.for_unit_id == matter.lead_unit_id


@predicate(_l("须由承办人办理"), _l("承办人"))
def is_handler(actor: Actor, post: Standing, matter: Any) -> bool:
    return matter.content is not None and matter.content.handler_post_id == post.post_id


@predicate(_l("须由承办人本人办理"), _l("承办人本人（受托人不行）"))
def is_handler_himself(actor: Actor, post: Standing, matter: Any) -> bool:
    return is_handler.holds(actor, post, matter) and matter.content.handler_id == actor.person_id


@predicate(_l("须由审核人办理"), _l("指定的审核人"))
def is_reviewer(actor: Actor, post: Standing, matter: Any) -> bool:
    return matter.content is not None and matter.content.reviewer_id == actor.person_id


@predicate(_l("转办事项随上级事项变动，请由上级事项的登记单位办理"), _l("非转办的事项"))
def stands_alone(actor: Actor, post: Standing, matter: Any) -> bool:
    return matter.parent_id is None


@predicate(_l("限定知悉的事项由承办人一人办理"), _l("公开事项"))
def is_open_matter(actor: Actor, post: Standing, matter: Any) -> bool:
    return not matter.confidential


@predicate(_l("只用于限定知悉的事项"), _l("限定知悉的事项"))
def is_confidential_matter(actor: Actor, post: Standing, matter: Any) -> bool:
    return bool(matter.confidential)


@predicate(_l("办结或撤销以后才能授权查阅"), _l("办结或撤销以后"))
def is_ended(actor: Actor, post: Standing, matter: Any) -> bool:
    return not matter.open


@predicate(
    _l("限定知悉的事项，须由登记或交办它的督查员本人、或督查室主任办理"), _l("限定知悉的，只有登记或交办它的督查员本人、督查室主任")
)
def of_its_supervisor(actor: Actor, post: Standing, matter: Any) -> bool:
    return (
        not matter.confidential
        or actor.person_id in (matter.registered_by_id, matter.assigned_by_id)
        or post.role == Role.SUPERVISION_HEAD
    )


@predicate(_l("须由协办单位的联络员或办公室主任办理"), _l("协办单位的联络员、办公室主任"))
def desk_of_co_unit(actor: Actor, post: Standing, matter: Any) -> bool:
    return post.role in (Role.LIAISON_OFFICER, Role.OFFICE_DIRECTOR) and post.for_unit_id in (matter.co_unit_ids or ())


@predicate(_l("须由协办单位办理"), _l("协办单位的联络员、办公室主任、承办人"))
def of_co_unit(actor: Actor, post: Standing, matter: Any) -> bool:
    roles = (Role.LIAISON_OFFICER, Role.OFFICE_DIRECTOR, Role.HANDLER)
    return post.role in roles and post.for_unit_id in (matter.co_unit_ids or ())


@predicate(_l("主办单位没有可以转办的下级单位"), _l("主办单位有下级单位"))
def has_units_below(actor: Actor, post: Standing, matter: Any) -> bool:
    return matter.lead_unit is not None and matter.lead_unit.has_below


@predicate(_l("须能看到此件内容"), _l("能看到内容的"))
def reads_content(actor: Actor, post: Standing, matter: Any) -> bool:
    return matter.content is not None
