"""The conditions that the policy is made of: each about one person in one of his posts and one record, in one line, with
the sentence that is shown where it is not met. Here are those of posts alone and of whatever is judged; a feature's own stand
in its `predicates.py`. Which act wants which of them, the act itself says.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask_babel import LazyString

from portal.access.actor import Actor, Standing
from portal.access.roles import OFFICERS, SUPERVISION, Role
from portal.kernel.language import _l


@dataclass(frozen=True, slots=True)
class Predicate:
    """One condition, with the sentence that is shown where it is not met, and who is meant, for the permission document."""

    holds: Callable[[Actor, Standing, Any], bool]
    sentence: LazyString
    meant: LazyString
    name: str


def predicate(sentence: LazyString, meant: LazyString) -> Callable[[Callable[[Actor, Standing, Any], bool]], Predicate]:
    """Give a condition its words."""
    return lambda test: Predicate(test, sentence, meant, test.__name__)


@predicate(_l("须由督查员或督查室主任办理"), _l("督查员、督查室主任"))
def supervision(actor: Actor, post: Standing, record: Any) -> bool:
    return post.role in SUPERVISION


@predicate(_l("须由秘书处办理"), _l("秘书处"))
def secretariat(actor: Actor, post: Standing, record: Any) -> bool:
    return post.role == Role.SECRETARIAT


@predicate(_l("须由市级督查室主任办理"), _l("市级督查室主任"))
def heads_the_citys_office(actor: Actor, post: Standing, record: Any) -> bool:
    return post.role == Role.SUPERVISION_HEAD and len(post.path) == 1


@predicate(_l("须由市级秘书处办理"), _l("市级秘书处"))
def secretariat_of_the_city(actor: Actor, post: Standing, record: Any) -> bool:
    return post.role == Role.SECRETARIAT and len(post.path) == 1


@predicate(_l("须由这个单位或其上级的秘书处办理"), _l("这个单位或其任一上级的秘书处"))
def keeps_unit(actor: Actor, post: Standing, unit: Any) -> bool:
    return post.role == Role.SECRETARIAT and post.for_unit_id in getattr(unit, "path", ())


@predicate(_l("须由这个单位上级的秘书处办理"), _l("这个单位任一上级的秘书处（本单位的不行）"))
def keeps_from_above(actor: Actor, post: Standing, unit: Any) -> bool:
    return post.role == Role.SECRETARIAT and post.for_unit_id in getattr(unit, "path", ())[:-1]


@predicate(_l("须由本人办理"), _l("任这个岗位的本人"))
def holds_this_post(actor: Actor, post: Standing, record: Any) -> bool:
    return post.post_id == record.post_id and post.delegation_id is None


@predicate(_l("须由安全管理员办理"), _l("安全管理员"))
def keeps_accounts(actor: Actor, post: Standing, record: Any) -> bool:
    return post.role == Role.SECURITY_ADMIN


@predicate(_l("提出人不能审批自己提出的事"), _l("不是提出人"))
def did_not_propose_it(actor: Actor, post: Standing, act: Any) -> bool:
    return actor.person_id != getattr(act, "proposed_by_id", None)


@predicate(_l("任何人不能审批涉及自己的事"), _l("事情不涉及本人"))
def is_not_concerned(actor: Actor, post: Standing, act: Any) -> bool:
    return actor.person_id not in getattr(act, "about", ())


@predicate(_l("三员不办理业务"), _l("三员以外的人员"))
def not_an_officer(actor: Actor, post: Standing, record: Any) -> bool:
    return post.role not in OFFICERS


@predicate(_l("须在任职期内"), _l("本人任职的岗位（受托的岗位不行）"))
def holds_a_post(actor: Actor, post: Standing, record: Any) -> bool:
    return post.delegation_id is None


@predicate(_l("须由有督查、交办或承办岗位的人员办理"), _l("三员、秘书处、信息编辑以外的人员"))
def has_business(actor: Actor, post: Standing, record: Any) -> bool:
    return post.role not in OFFICERS | {Role.SECRETARIAT, Role.INFORMATION_EDITOR}
