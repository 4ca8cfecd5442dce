"""The conditions of acts on posts and on who is to hold them; see `access.predicates`."""

from __future__ import annotations

from typing import Any

from portal.access.actor import Actor, Standing
from portal.access.predicates import predicate
from portal.access.roles import Role
from portal.kernel.language import _l


@predicate(_l("须由本单位的办公室主任办理"), _l("该单位的办公室主任"))
def directs_unit(actor: Actor, post: Standing, record: Any) -> bool:
    return post.role == Role.OFFICE_DIRECTOR and post.for_unit_id == record.unit_id


@predicate(_l("办公室主任只能为承办人、联络员办理"), _l("离岗的只任承办人、联络员"))
def holds_staff_posts(actor: Actor, post: Standing, record: Any) -> bool:
    return bool(record.roles) and record.roles <= {Role.HANDLER, Role.LIAISON_OFFICER}


@predicate(
    _l("须由该单位现任的督查室主任（任职督查岗位的）或主要领导（任职领导的）本人同意"),
    _l("该单位现任督查室主任（任职督查岗位的）、主要领导（任职领导的）本人"),
)
def heads_it_now(actor: Actor, post: Standing, record: Any) -> bool:
    heads = getattr(record, "heads", ())
    return post.delegation_id is None and post.role == getattr(record, "head_role", None) and actor.person_id in heads


@predicate(_l("该单位现无负责人的，由安全管理员同意"), _l("该单位现无负责人"))
def nobody_heads_it(actor: Actor, post: Standing, record: Any) -> bool:
    heads = getattr(record, "heads", None)
    return heads is not None and not heads


@predicate(_l("须由本单位的主要领导办理"), _l("该单位的主要领导"))
def leads_unit(actor: Actor, post: Standing, record: Any) -> bool:
    return post.role == Role.PRINCIPAL_LEADER and post.for_unit_id == record.unit_id
