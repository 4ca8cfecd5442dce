"""The conditions of the officers' acts, most of them on what one proposes and another decides; see `access.predicates`."""

from __future__ import annotations

from typing import Any

from portal.access.actor import Actor, Standing
from portal.access.predicates import predicate
from portal.access.roles import OFFICERS, Role
from portal.kernel.language import _l


@predicate(_l("须由审计员办理"), _l("审计员"))
def reads_the_journal(actor: Actor, post: Standing, record: Any) -> bool:
    return post.role == Role.AUDITOR


@predicate(_l("须由系统管理员办理"), _l("系统管理员"))
def runs_the_system(actor: Actor, post: Standing, record: Any) -> bool:
    return post.role == Role.SYSTEM_ADMIN


@predicate(_l("须由三员办理"), _l("系统管理员、安全管理员、审计员"))
def is_an_officer(actor: Actor, post: Standing, record: Any) -> bool:
    return post.role in OFFICERS


@predicate(_l("须由可以提出这件事的管理员提出"), _l("可以提出这件事的管理员（涉及三员的，是另外两员之一；其余是安全管理员）"))
def proposes_it(actor: Actor, post: Standing, act: Any) -> bool:
    return post.role in getattr(act, "proposers", ())


@predicate(
    _l("须由可以审批这件事的管理员、本人的负责人审批"),
    _l(
        "可以审批这件事的管理员（涉及三员的，是另外两员之一；核实身份，是审计员或本人的负责人；其余是系统管理员，安全规则也可以是审计员）"
    ),
)
def decides_it(actor: Actor, post: Standing, act: Any) -> bool:
    return post.role in getattr(act, "deciders", ()) or is_asked_as_head(actor, post, act, "heads")


@predicate(_l("须由三员以外的市级督查室主任（空缺的，市级主要领导）本人同意"), _l("市级督查室主任本人（空缺的，市级主要领导）"))
def agrees_from_outside(actor: Actor, post: Standing, act: Any) -> bool:
    return post.role not in OFFICERS and is_asked_as_head(actor, post, act, "outsiders")


def is_asked_as_head(actor: Actor, post: Standing, act: Any, which: str) -> bool:
    """One of those persons, in a post of his own: no stand-in is asked."""
    return post.delegation_id is None and actor.person_id in getattr(act, which, ())


@predicate(
    _l("涉及三员的，须先由三员以外的市级督查室主任（空缺的，市级主要领导）同意"),
    _l("更换、停用三员或结束其登录的，市级督查室主任已同意"),
)
def agreed_from_outside(actor: Actor, post: Standing, act: Any) -> bool:
    return not getattr(act, "needs_outside", False) or getattr(act, "outside_by_id", None) is not None


@predicate(_l("口令由谁重置的，不由谁核实其身份"), _l("不是重置其口令的两人"))
def did_not_reset_him(actor: Actor, post: Standing, act: Any) -> bool:
    return actor.person_id not in getattr(act, "reset_by", ())
