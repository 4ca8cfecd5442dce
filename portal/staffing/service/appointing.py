"""Appointing and ending posts: the secretariat's, in its parent's subtree and nowhere else.

Who is to supervise, to head or to lead needs somebody else's agreement. The three officers are not the secretariat's to
appoint or to end, and nobody appoints himself. Ending the only holder of a seat of the sign-off needs a successor or the
express word that chains wait for one: it is asked whether or not a chain runs, because an answer that depended on it would
tell the secretariat of matters that it does not read.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from portal.access.actor import Actor, Standing
from portal.access.policy import allowed
from portal.access.roles import OFFICERS, Role
from portal.audit import journal
from portal.identity.models import Person
from portal.identity.queries import hold_person, person_named
from portal.identity.service.accounts import make_person
from portal.kernel import clock
from portal.kernel.db import current_city, db
from portal.kernel.language import _
from portal.kernel.refusals import Forbidden, Invalid, Invisible, Stale
from portal.network import queries as network
from portal.network.acts import KEEP_PEOPLE
from portal.network.models import Appointment, Kind, Post, Unit
from portal.network.rules import AGREED, EMAIL_FORM, SIGN_IN_FORM, fits, place_of
from portal.network.service.delegating import post_kept
from portal.notify.service import tell
from portal.staffing import queries
from portal.staffing.rules import SIGNING_SEATS
from portal.staffing.service import agreeing
from portal.staffing.service.post_tasks import settle


@dataclass(frozen=True, slots=True)
class NewPerson:
    """Somebody who is not in the city yet."""

    name: str
    sign_in_name: str
    email: str | None = None


def unit_kept(actor: Actor, unit_id: int) -> tuple[Unit, Standing | None]:
    """The unit, for the secretariat that keeps it, and the post by which it does. Invisible where there is none,
    Forbidden beside or above its subtree."""
    unit = network.unit_by_id(unit_id)
    if unit is None:
        raise Invisible
    decision = allowed(actor, KEEP_PEOPLE, unit)
    if not decision:
        raise Forbidden(_("这个单位不在您的管理范围内"), unmet=decision.unmet)
    return unit, decision.standing


def appoint(
    actor: Actor,
    unit_id: int,
    role: Role | None,
    who: Person | NewPerson | None,
    *,
    from_on: date,
    to_on: date | None = None,
    reason: str,
) -> tuple[Post | Appointment, str | None]:
    """任职: give a post from a day on, `to_on` exclusive; who is to supervise, head or lead waits for somebody else's agreement
    (`agreeing`). A new person gets a one-time password, which is returned and not
    kept. Refused: Forbidden outside the subtree; Invalid for an officer's role, a role that such a unit does not have,
    oneself, an officer, somebody inactive, the same post twice, a period that is empty or over."""
    unit, standing = unit_kept(actor, unit_id)
    faults: dict[str, str] = {}
    if unit.retired_on is not None and unit.retired_on <= max(from_on, clock.today()):
        faults["role"] = _("%(unit)s已撤销，不再任职", unit=unit.name)
    elif fault := _role_fault(role, unit):
        faults["role"] = fault
    if to_on is not None and to_on <= max(from_on, clock.today()):
        faults["to_on"] = _("离任日期须晚于任职日期，也须晚于今日")
    if not reason:
        faults["reason"] = _("请填写任职依据")
    person = who if isinstance(who, Person) else None
    if person is not None:
        hold_person(person.id)
    if person is not None and role is not None and (fault := _person_fault(actor, person, unit, role, from_on, to_on)):
        faults["person"] = fault
    if isinstance(who, NewPerson):
        faults |= _new_person_faults(who)
    elif person is None:
        faults["person"] = _("请选择人员，或填写新人员的姓名和登录名")
    if faults:
        raise Invalid(_("任职没有保存"), fields=faults)
    once = None
    if isinstance(who, NewPerson):
        try:
            with db.session.begin_nested():
                person, once = make_person(who.sign_in_name, who.name, email=who.email, seen=False)
        except IntegrityError:  # at this moment somebody else has taken the name
            raise Invalid(_("任职没有保存"), fields={"sign_in_name": _("登录名已有人使用，请换一个")}) from None
        journal.record(actor, "make_person", "person", person.id, standing=standing)
    assert person is not None
    assert role is not None
    if role in AGREED:
        asked = Appointment(
            person_id=person.id, unit_id=unit.id, role=role, from_on=from_on, to_on=to_on, reason=reason,
            proposed_by_id=actor.person_id, proposed_at=clock.now(),
        )  # fmt: skip
        asked.person, asked.unit = person, unit
        return agreeing.ask(actor, standing, asked), once
    post = Post(
        person_id=person.id, unit_id=unit.id, for_unit_id=unit.acts_for_id, role=role, from_on=from_on, to_on=to_on,
        reason=reason,
    )  # fmt: skip
    post.person, post.unit = person, unit
    db.session.add(post)
    db.session.flush()
    entry = journal.record(actor, "appoint", "post", post.id, standing=standing, after=_facts(post))
    tell("appointed", [person.id], key=f"journal:{entry.id}:appointed", facts={"unit": unit.name, "role": role.value})
    return post, once


def _role_fault(role: Role | None, unit: Unit) -> str | None:
    if role is None:
        return _("请选择岗位")
    if role in OFFICERS:
        return _("系统管理员、安全管理员、审计员不由秘书处任命")
    if not fits(role, Kind(unit.kind)):
        return _("%(unit)s不设%(role)s；这个岗位设在%(place)s", unit=unit.name, role=role.label, place=place_of(role))
    return None


def _person_fault(actor: Actor, person: Person, unit: Unit, role: Role, from_on: date, to_on: date | None) -> str | None:
    if person.id == actor.person_id:
        return _("不能任命自己，请由另一位秘书处人员办理")
    if not person.active:
        return _("此人已停用")
    if network.roles_held(person.id) & OFFICERS:
        return _("系统管理员、安全管理员、审计员不能兼任业务岗位")
    if queries.same_post(person.id, unit.id, role, from_on, to_on):
        return _("此人在这段时间已担任%(unit)s的%(role)s", unit=unit.name, role=role.label)
    if queries.is_asked_for(person.id, unit.id, role):
        return _("此人任%(unit)s%(role)s已经提出，正在等待同意", unit=unit.name, role=role.label)
    return None


def _new_person_faults(new: NewPerson) -> dict[str, str]:
    faults = {}
    if not new.name:
        faults["name"] = _("请填写姓名")
    if not SIGN_IN_FORM.fullmatch(new.sign_in_name):
        faults["sign_in_name"] = _("登录名由字母、数字、点、横线组成，首尾须为字母或数字")
    elif person_named(new.sign_in_name) is not None:
        faults["sign_in_name"] = _("登录名已有人使用，请换一个")
    if new.email and not EMAIL_FORM.fullmatch(new.email):
        faults["email"] = _("邮箱地址不完整")
    return faults


def end_post(
    actor: Actor,
    post_id: int,
    *,
    to_on: date,
    reason: str,
    successor_id: int | None = None,
    chains_wait: bool = False,
) -> Post:
    """离任: the post ends on that day (no longer held on it), today at once. Its open tasks pass to the successor's post,
    or to whoever names handlers in the unit. Refused: Forbidden outside the subtree and for officers; Stale where it has
    ended; Invalid for a past day, a stranger as successor, the only holder of a seat without `chains_wait`."""
    post, decision = post_kept(actor, post_id)
    if post.role in OFFICERS:
        raise Forbidden(_("系统管理员、安全管理员、审计员的岗位不由秘书处管理"))
    if post.person_id == actor.person_id:
        raise Forbidden(_("不能结束自己的岗位，请由另一位秘书处人员办理"))
    db.session.scalar(select(Post.id).where(Post.id == post.id).with_for_update())
    db.session.refresh(post)
    if queries.over(post):
        raise Stale(_("这个岗位已经结束"))
    faults: dict[str, str] = {}
    if to_on < clock.today():
        faults["to_on"] = _("离任日期不能早于今日")
    elif to_on < post.from_on:
        faults["to_on"] = _("离任日期不能早于任职日期")
    if not reason:
        faults["reason"] = _("请填写离任原因")
    if successor_id is not None and successor_id not in {one.post_id for one in queries.candidates(post)}:
        faults["successor"] = _("接手人须在同一单位担任同样的岗位")
    if not chains_wait and (sentence := only_holder(post, to_on)):
        faults["chains_wait"] = sentence
    if faults:
        raise Invalid(_("离任没有保存"), fields=faults)
    before = _facts(post)
    close(post, to_on, reason, successor_id)
    entry = journal.record(actor, "end_post", "post", post.id, standing=decision.standing, before=before, after=_facts(post))
    tell(
        "post_ended",
        [post.person_id],
        key=f"journal:{entry.id}:post_ended",
        facts={"unit": post.unit.name, "role": Role(post.role).value, "until": to_on},
    )
    if queries.over(post):
        settle(actor, decision.standing, post)
    return post


def close(post: Post, to_on: date, reason: str, successor_id: int | None) -> None:
    """Write down that the post ends; one that has not begun never begins."""
    post.to_on = max(to_on, post.from_on)
    post.end_reason, post.successor_id = reason, successor_id
    db.session.flush()


def only_holder(post: Post, on: date) -> str | None:
    """The sentence for a seat of the sign-off that nobody else holds on that day."""
    role = Role(post.role)
    if role not in SIGNING_SEATS or not queries.held(post) or queries.another_holds(post, on):
        return None
    whom = db.session.scalar(select(Unit.name).where(Unit.city_id == current_city(), Unit.id == post.for_unit_id))
    return _(
        "%(unit)s的%(role)s届时无人在任。请先任命继任者；或者勾选本项，送签到这一岗位的材料停在这一步，等继任者到任",
        unit=whom, role=role.label,
    )  # fmt: skip


def _facts(post: Post) -> dict[str, object]:
    return {
        "person_id": post.person_id,
        "unit_id": post.unit_id,
        "role": str(post.role),
        "from_on": post.from_on.isoformat(),
        "to_on": post.to_on.isoformat() if post.to_on else None,
        "reason": post.end_reason or post.reason,
        "successor_id": post.successor_id,
    }
