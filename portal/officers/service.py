"""Acts that take two officers: one proposes, another decides, and deciding carries it out in the same transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from portal.access.actor import Actor, Standing
from portal.access.policy import Act, allowed
from portal.access.roles import OFFICERS, Role
from portal.audit import journal
from portal.identity import service as accounts
from portal.identity import sessions
from portal.identity.models import Person, SecurityRules
from portal.identity.queries import person_by_id, person_named, security_rules
from portal.kernel import clock
from portal.kernel.db import current_city, db
from portal.kernel.language import _
from portal.kernel.refusals import Forbidden, Invalid, Invisible, Stale, Unconfirmed
from portal.kernel.text import tidy
from portal.network.models import Post
from portal.network.queries import roles_held
from portal.notify.service import tell
from portal.officers import queries
from portal.officers.models import SensitiveAct, Sweep
from portal.officers.rules import LAPSES_AFTER, SWITCHES, Case, Kind, Outcome, case


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of it. `once`: the one-time password that the decider hands over, shown this once."""

    act: SensitiveAct
    once: str | None = None


def case_of(kind: Kind, person_id: int | None, facts: dict[str, Any], proposed_by_id: int | None = None) -> Case:
    """The proposal as the policy judges it, with the roles of whom it is about as they are today."""
    about = frozenset(one for one in (person_id, facts.get("old_person_id")) if one)
    roles = frozenset(roles_held(person_id)) if person_id else frozenset()
    return case(kind, about, roles, proposed_by_id)


def case_for(act: SensitiveAct) -> Case:
    """A proposal that stands, as the policy judges it."""
    return case_of(Kind(act.kind), act.person_id, act.facts, act.proposed_by_id)


def may_propose(actor: Actor, kind: Kind, person_id: int | None = None) -> bool:
    """Whether this officer may propose it; what stands in the way otherwise is said when he does."""
    return bool(allowed(actor, Act.PROPOSE_SENSITIVE, case_of(kind, person_id, {})))


def propose(
    actor: Actor, kind: Kind, reason: str, *, person_id: int | None = None, role: Role | None = None,
    named: str = "", on: bool = True,
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
    judged = allowed(actor, Act.PROPOSE_SENSITIVE, case_of(kind, person_id, facts))
    if not judged:
        raise Forbidden(_("您不能提出这件事"), unmet=judged.unmet)
    if not actor.confirmed:
        raise Unconfirmed(_("请再次确认身份"))
    _lapse()
    made = SensitiveAct(
        kind=kind, person_id=person_id, facts=facts, reason=tidy(reason), proposed_by_id=actor.person_id,
        proposed_at=clock.now(), expires_at=clock.now() + LAPSES_AFTER,
    )
    try:
        with db.session.begin_nested():
            db.session.add(made)
            db.session.flush()
    except IntegrityError:
        raise Invalid(_("没有提出"), fields={"reason": _("同样的事已经提出，正在等待审批")}) from None
    _record(actor, "propose_sensitive", made, judged.standing)
    told = [one for one in queries.officers_now() if one.role in case_of(kind, person_id, facts).deciders]
    tell(
        "sensitive_proposed", [one.person_id for one in told if one.person_id not in {actor.person_id, *judged_about(made)}],
        key=f"sensitive:{made.id}", facts={},
    )
    return made


def judged_about(act: SensitiveAct) -> frozenset[int]:
    """Whom an act is about."""
    return frozenset(one for one in (act.person_id, act.facts.get("old_person_id")) if one)


def decide(actor: Actor, act_id: UUID, *, agree: bool) -> Decided:
    """Agree, and it is done; or refuse. Refused: Invisible for what is not there, Forbidden for the proposer and whom it
    is about, Stale for what was decided, withdrawn or lapsed meanwhile."""
    act = _waiting(act_id)
    judged = allowed(actor, Act.DECIDE_SENSITIVE, case_for(act))
    if not judged:
        raise Forbidden(_("您不能审批这件事"), unmet=judged.unmet)
    if not actor.confirmed:
        raise Unconfirmed(_("请再次确认身份"))
    if agree and (sentence := _overtaken(act)):
        raise Stale(sentence)
    once = _carry_out(actor, act, judged.standing) if agree else None
    act.decided_by_id, act.ended_at = actor.person_id, clock.now()
    act.outcome = Outcome.CARRIED_OUT if agree else Outcome.REFUSED
    db.session.flush()
    _record(actor, "agree_sensitive" if agree else "refuse_sensitive", act, judged.standing)
    told = {act.proposed_by_id} | ({act.person_id} if agree and act.person_id else set())
    tell(
        "sensitive_decided", [act.proposed_by_id], key=f"sensitive-decided:{act.id}", facts={"granted": agree},
    )
    if agree and (kind := TOLD.get(Kind(act.kind))) and act.person_id in told:
        tell(kind, [act.person_id], key=f"sensitive-done:{act.id}", facts={})
    return Decided(act, once)


def withdraw(actor: Actor, act_id: UUID) -> SensitiveAct:
    """The proposer takes it back."""
    act = _waiting(act_id)
    if act.proposed_by_id != actor.person_id:
        raise Forbidden(_("只有提出人可以撤回"))
    act.outcome, act.ended_at = Outcome.WITHDRAWN, clock.now()
    db.session.flush()
    _record(actor, "withdraw_sensitive", act)
    return act


def end_sessions(actor: Actor, person_id: int) -> Person:
    """The security administrator ends all of a person's sessions; he may sign in again at once."""
    person = person_by_id(person_id)
    if person is None:
        raise Invisible
    sessions.end_all(person_id)
    journal.record(actor, "end_sessions", "person", person_id)
    return person


def note_sweep() -> None:
    """The present city was swept to the end just now."""
    now = clock.now()
    made = insert(Sweep).values(city_id=current_city(), swept_at=now)
    db.session.execute(made.on_conflict_do_update(index_elements=["city_id"], set_={"swept_at": now}))


def make_officers(signers: dict[Role, tuple[str, str]], unit_id: int, for_unit_id: int) -> dict[Role, tuple[str, str]]:
    """At a city's founding: three persons with one-time passwords, which are returned with their sign-in names. Invalid
    where an office is held already, or a name is taken."""
    held = {one.role for one in queries.officers_now()}
    made: dict[Role, tuple[str, str]] = {}
    for role, (sign_in_name, name) in signers.items():
        if role in held:
            raise Invalid(_("%(role)s已有人担任，更换须由两名管理员办理", role=role.label))
        if person_named(sign_in_name) is not None:
            raise Invalid(_("登录名“%(name)s”已经有人使用", name=sign_in_name))
        person, once = accounts.make_person(sign_in_name, name)
        assert once is not None
        db.session.add(
            Post(person_id=person.id, unit_id=unit_id, for_unit_id=for_unit_id, role=role, from_on=clock.today())
        )
        db.session.flush()
        made[role] = (sign_in_name, once)
    return made


TOLD = {
    Kind.RESET_PASSWORD: "password_reset",
    Kind.CONFIRM_PERSON: "person_confirmed",
    Kind.END_SECOND_FACTOR: "second_factor_ended",
    Kind.REACTIVATE: "account_restored",
    Kind.APPOINT_OFFICER: "officer_appointed",
}
"""What the person concerned is told once it is done."""


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
    if kind is Kind.END_SECOND_FACTOR and not accounts.second_factor.is_in_force(person.id):
        return _("此人没有启用动态口令")
    if kind in (Kind.RESET_PASSWORD, Kind.END_SECOND_FACTOR, Kind.CONFIRM_PERSON) and not person.active:
        return _("账号已停用，请先恢复")
    return None


def _overtaken(act: SensitiveAct) -> str | None:
    """Why what was proposed may not be carried out any more, though it has not lapsed."""
    if not act.proposed_by.active or not case_for(act).proposers & roles_held(act.proposed_by_id):
        return _("提出人已不再担任可以提出这件事的职务，请重新提出")
    person = act.person
    if act.kind == Kind.CONFIRM_PERSON and person is not None and (
        person.suspended_at is None or person.suspended_at > act.proposed_at
    ):
        return _("提出之后此人的口令又重置过，或限定知悉已恢复；请当面核实后重新提出")
    return None


def _is_on(kind: Kind) -> bool:
    found = security_rules()
    return found is not None and bool(getattr(found, kind.value))


def _waiting(act_id: UUID) -> SensitiveAct:
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


def _carry_out(actor: Actor, act: SensitiveAct, standing: Standing | None) -> str | None:
    kind, person_id = Kind(act.kind), act.person_id
    if kind in SWITCHES:
        _switch(kind, on=bool(act.facts["on"]))
        return None
    assert person_id is not None
    match kind:
        case Kind.RESET_PASSWORD:
            return accounts.give_one_time_password(actor, person_id, standing)
        case Kind.CONFIRM_PERSON:
            accounts.confirm_in_person(actor, person_id, standing)
        case Kind.END_SECOND_FACTOR:
            accounts.end_second_factor(actor, person_id, standing)
        case Kind.DEACTIVATE:
            accounts.deactivate(actor, person_id, standing)
        case Kind.REACTIVATE:
            accounts.reactivate(actor, person_id, standing)
        case Kind.APPOINT_OFFICER:
            _appoint(actor, act)
    return None


def _switch(kind: Kind, *, on: bool) -> None:
    values = {kind.value: on, "changed_at": clock.now()}
    made = insert(SecurityRules).values(**{"dengbao": False, "second_factor_for_all": False, **values})
    db.session.execute(made.on_conflict_do_update(index_elements=["city_id"], set_=values))


def _appoint(actor: Actor, act: SensitiveAct) -> None:
    role = Role(act.facts["role"])
    assert act.person_id is not None
    if roles_held(act.person_id):
        raise Invalid(_("此人现在有在任的岗位，不能任命；请先由秘书处免去其岗位"))
    held = queries.officer_posts(role)
    if (held[0].person_id if held else None) != act.facts.get("old_person_id"):
        raise Stale(_("此职务在提出之后已经换人，请重新提出"))
    for post in held:
        post.to_on = clock.today()
        sessions.end_all(post.person_id)
    place = held[0] if held else queries.post_by_id(actor.standings[0].post_id)
    assert place is not None
    post = Post(
        person_id=act.person_id, unit_id=place.unit_id, for_unit_id=place.for_unit_id, role=role, from_on=clock.today()
    )
    try:
        with db.session.begin_nested():
            db.session.add(post)
            db.session.flush()
    except IntegrityError:  # the database's own rule: he holds, or will hold, another post
        raise Invalid(_("此人有将要任的岗位，不能任命；请先由秘书处免去其岗位")) from None


def _record(actor: Actor, word: str, act: SensitiveAct, standing: Standing | None = None) -> None:
    facts = {"kind": str(act.kind), "person_id": act.person_id, "reason": act.reason, **act.facts}
    journal.record(actor, word, "sensitive_act", act.id, standing=standing, after=facts)
