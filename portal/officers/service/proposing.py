"""A sensitive act proposed by one officer, waiting for another, withdrawn or lapsed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from portal.access.actor import Actor, Standing
from portal.access.policy import allowed
from portal.access.roles import OFFICERS, Role
from portal.audit import journal
from portal.identity import second_factor
from portal.identity.models import Person
from portal.identity.queries import person_by_id, person_named, security_rules
from portal.kernel import clock
from portal.kernel.db import current_city, db
from portal.kernel.language import _, official
from portal.kernel.refusals import Forbidden, Invalid, Invisible, Stale, Unconfirmed
from portal.kernel.text import tidy
from portal.network.queries import roles_held
from portal.notify.service import tell
from portal.officers import acts, queries
from portal.officers.models import SensitiveAct
from portal.officers.rules import LAPSES_AFTER, OUTSIDE, SWITCHES, Case, Kind, Outcome, case


def case_of(kind: Kind, person_id: int | None, facts: dict[str, Any], proposed_by_id: int | None = None) -> Case:
    """The proposal as the policy judges it, with the roles of whom it is about as they are today."""
    about = frozenset(one for one in (person_id, facts.get("old_person_id")) if one)
    roles = frozenset(roles_held(person_id)) if person_id else frozenset()
    made = case(kind, about, roles, proposed_by_id)
    if kind in OUTSIDE and (roles & OFFICERS or facts.get("old_person_id")):
        made = replace(made, needs_outside=True, outsiders=queries.outsiders() - about)
    if kind is Kind.CONFIRM_PERSON and person_id:
        made = replace(made, heads=queries.heads_of(person_id), reset_by=queries.reset_by(person_id))
    return made


def case_for(act: SensitiveAct) -> Case:
    """A proposal that stands, as the policy judges it."""
    return replace(case_of(Kind(act.kind), act.person_id, act.facts, act.proposed_by_id), outside_by_id=act.outside_by_id)


def may_decide(actor: Actor, act: SensitiveAct) -> bool:
    """Whether the proposal waits for this person now."""
    whose = case_for(act)
    if whose.needs_outside and act.outside_by_id is None:
        return bool(allowed(actor, acts.AGREE_FROM_OUTSIDE, whose))
    return bool(allowed(actor, acts.DECIDE_SENSITIVE, whose))


def is_asked(actor: Actor, act: SensitiveAct) -> bool:
    """Whether this person, none of the three, is asked beside them."""
    whose = case_for(act)
    asked = act.outside_by_id == actor.person_id or actor.person_id in (whose.heads | whose.outsiders) - whose.about
    return asked and any(standing.delegation_id is None for standing in actor.standings)


def may_propose(actor: Actor, kind: Kind, person_id: int | None = None) -> bool:
    """Whether this officer may propose it; what stands in the way otherwise is said when he does."""
    return bool(allowed(actor, acts.PROPOSE_SENSITIVE, case_of(kind, person_id, {})))


def propose(
    actor: Actor,
    kind: Kind,
    reason: str,
    *,
    person_id: int | None = None,
    role: Role | None = None,
    named: str = "",
    on: bool = True,
) -> SensitiveAct:
    """Propose an act for another officer to decide within three days. `named`: the sign-in name of whom to appoint."""
    facts: dict[str, Any] = {}
    if kind is Kind.APPOINT_OFFICER:
        person_id, facts = _appointment(role, named)
    elif kind in SWITCHES:
        person_id, facts = None, {"on": on}
        if on == _is_on(kind):
            raise Invalid(_("没有提出"), fields={"reason": _("现在已经是这样，不必更改")})
    else:
        person = person_by_id(person_id or 0)
        if person is None:
            raise Invisible
        if sentence := _needless(kind, person):
            raise Invalid(_("没有提出"), fields={"reason": sentence})
    judged = allowed(actor, acts.PROPOSE_SENSITIVE, case_of(kind, person_id, facts))
    if not judged:
        raise Forbidden(_("您不能提出这件事"), unmet=judged.unmet)
    if not actor.confirmed:
        raise Unconfirmed(_("请再次确认身份"))
    whose = case_of(kind, person_id, facts, actor.person_id)
    if whose.needs_outside and not whose.outsiders:
        sentence = _("市级督查室主任、市级主要领导现都空缺，没有三员以外的人可以同意；请先由秘书处提出任命")
        raise Invalid(_("没有提出"), fields={"reason": sentence})
    _lapse()
    made = SensitiveAct(
        kind=kind,
        person_id=person_id,
        facts=facts,
        reason=tidy(reason),
        proposed_by_id=actor.person_id,
        proposed_at=clock.now(),
        expires_at=clock.now() + LAPSES_AFTER,
    )
    try:
        with db.session.begin_nested():
            db.session.add(made)
            db.session.flush()
    except IntegrityError:
        raise Invalid(_("没有提出"), fields={"reason": _("同样的事已经提出，正在等待审批")}) from None
    record(actor, "propose_sensitive", made, judged.standing)
    tell_deciders(made, whose)
    tell(
        "sensitive_asked",
        sorted((whose.heads | whose.outsiders) - {actor.person_id, *judged_about(made)}),
        key=f"sensitive:{made.id}",
        facts={"about": str(made.id)},
    )
    if whose.needs_outside:  # whoever is to lose his office, or to get one, learns it in words before it is done
        tell_concerned(made, "proposed", _("已提出%(what)s，须经三员以外的人同意", what=what_of(made)))
    return made


def tell_deciders(act: SensitiveAct, whose: Case) -> None:
    """The officers who may decide it."""
    told = [one.person_id for one in queries.officers_now() if one.role in whose.deciders]
    tell(
        "sensitive_proposed",
        [one for one in told if one not in {act.proposed_by_id, *judged_about(act)}],
        key=f"sensitive:{act.id}" if act.outside_by_id is None else f"sensitive:{act.id}:outside",
        facts={},
    )


def what_of(act: SensitiveAct) -> str:
    """What is done, in the words of the office, without the person."""
    if act.kind == Kind.APPOINT_OFFICER:
        return _("更换%(role)s", role=official(Role(act.facts["role"]).label))
    return official(Kind(act.kind).label)


def tell_concerned(act: SensitiveAct, key: str, say: str, *, told: frozenset[int] = frozenset()) -> None:
    """Whoever an act is about is told in words, except who was `told` already, and so is whoever is at the head of him."""
    concerned = judged_about(act)
    tell("account_concerns_you", sorted(concerned - told), key=f"concerns-{key}:{act.id}", facts={"say": say})
    for person_id in sorted(concerned):
        person = person_by_id(person_id)
        tell(
            "account_of_yours",
            sorted(queries.heads_of(person_id) - concerned),
            key=f"concerns-{key}:{act.id}:head:{person_id}",
            facts={"by": person.name if person else "", "say": say},
        )


def judged_about(act: SensitiveAct) -> frozenset[int]:
    """Whom an act is about."""
    return frozenset(one for one in (act.person_id, act.facts.get("old_person_id")) if one)


def withdraw(actor: Actor, act_id: UUID) -> SensitiveAct:
    """The proposer takes it back."""
    act = waiting(act_id)
    if act.proposed_by_id != actor.person_id:
        raise Forbidden(_("只有提出人可以撤回"))
    act.outcome, act.ended_at = Outcome.WITHDRAWN, clock.now()
    db.session.flush()
    record(actor, "withdraw_sensitive", act)
    return act


def _appointment(role: Role | None, named: str) -> tuple[int, dict[str, Any]]:
    if role not in OFFICERS:
        raise Invalid(_("没有提出"), fields={"role": _("请选择三员之一")})
    person = person_named(tidy(named))
    if person is None or not person.active:
        raise Invalid(_("没有提出"), fields={"named": _("没有这个登录名，或账号已停用")})
    if roles_held(person.id):
        sentence = _("此人有在任的岗位；三员必须由没有其他岗位的三个人分别担任，请先由秘书处免去其岗位")
        raise Invalid(_("没有提出"), fields={"named": sentence})
    old = next((one for one in queries.officers_now() if one.role == role), None)
    return person.id, {"role": str(role), "old_person_id": old.person_id if old else None}


def _needless(kind: Kind, person: Person) -> str | None:
    if kind is Kind.DEACTIVATE and not person.active:
        return _("账号已经停用")
    if kind is Kind.REACTIVATE and person.active:
        return _("账号没有停用")
    if kind is Kind.CONFIRM_PERSON and person.suspended_at is None:
        return _("此人的限定知悉没有暂停")
    if kind is Kind.END_SESSIONS and not roles_held(person.id) & OFFICERS:
        return _("此人不是三员，由安全管理员直接结束其登录")
    if kind is Kind.END_SECOND_FACTOR and not second_factor.is_in_force(person.id):
        return _("此人没有启用动态口令")
    if kind in (Kind.RESET_PASSWORD, Kind.END_SECOND_FACTOR, Kind.CONFIRM_PERSON) and not person.active:
        return _("账号已停用，请先恢复")
    return None


def _is_on(kind: Kind) -> bool:
    found = security_rules()
    return found is not None and bool(getattr(found, kind.value))


def waiting(act_id: UUID) -> SensitiveAct:
    """The proposal, for whoever ends it now; Stale where it was decided, withdrawn or lapsed."""
    act = queries.act_by_id(act_id, lock=True)
    if act is None:
        raise Invisible
    if act.outcome is not None:
        raise Stale(_("这件事已经办过"), changes=[str(Outcome(act.outcome).label)])
    if act.expires_at <= clock.now():
        raise Stale(_("提出已满 3 天，已失效；仍需办理的请重新提出"))
    return act


def _lapse() -> None:
    db.session.execute(
        update(SensitiveAct)
        .where(SensitiveAct.city_id == current_city(), SensitiveAct.outcome.is_(None), SensitiveAct.expires_at <= clock.now())
        .values(outcome=Outcome.LAPSED, ended_at=clock.now())
    )


def record(actor: Actor, word: str, act: SensitiveAct, standing: Standing | None = None) -> None:
    """Into the journal, with what was proposed and why."""
    facts = {"kind": str(act.kind), "person_id": act.person_id, "reason": act.reason, **act.facts}
    journal.record(actor, word, "sensitive_act", act.id, standing=standing, after=facts)
