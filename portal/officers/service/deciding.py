"""A sensitive act decided by another officer: refused, or carried out at once."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from portal.access.actor import Actor, Standing
from portal.access.policy import Decision, allowed
from portal.access.roles import Role
from portal.audit import journal
from portal.identity import sessions
from portal.identity.models import SecurityRules
from portal.identity.service import accounts
from portal.kernel import clock
from portal.kernel.db import db
from portal.kernel.language import _
from portal.kernel.refusals import Forbidden, Invalid, Stale, Unconfirmed
from portal.network.models import Post
from portal.network.queries import roles_held
from portal.notify.service import tell
from portal.officers import acts, queries
from portal.officers.models import SensitiveAct
from portal.officers.rules import SWITCHES, Kind, Outcome
from portal.officers.service.proposing import case_for, record, tell_concerned, tell_deciders, waiting, what_of


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of it. `once`: the one-time password that the decider hands over, shown this once."""

    act: SensitiveAct
    once: str | None = None


def decide(actor: Actor, act_id: UUID, *, agree: bool) -> Decided:
    """Agree, and it is done; or refuse. What takes an officer out of his office somebody outside the three agrees to first, which
    does nothing yet. Refused: Invisible for what is not there, Forbidden for the proposer and whom it
    is about, Stale for what was decided, withdrawn or lapsed meanwhile."""
    act = waiting(act_id)
    whose = case_for(act)
    outside = None if act.outside_by_id or not whose.needs_outside else allowed(actor, acts.AGREE_FROM_OUTSIDE, whose)
    if outside and agree:
        return _agreed_from_outside(actor, act, outside)
    judged = outside or allowed(actor, acts.DECIDE_SENSITIVE, whose)
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
    record(actor, "agree_sensitive" if agree else "refuse_sensitive", act, judged.standing)
    tell(
        "sensitive_decided",
        [act.proposed_by_id],
        key=f"sensitive-decided:{act.id}",
        facts={"granted": agree},
    )
    told: set[int] = set()
    if agree and (kind := TOLD.get(Kind(act.kind))) and act.person_id:
        told = {message.person_id for message in tell(kind, [act.person_id], key=f"sensitive-done:{act.id}", facts={})}
    if agree and act.kind not in SWITCHES:
        tell_concerned(act, "done", _("%(what)s，已执行", what=what_of(act)), told=frozenset(told))
    return Decided(act, once)


def _agreed_from_outside(actor: Actor, act: SensitiveAct, judged: Decision) -> Decided:
    """Somebody outside the three has agreed; now it is the other officer's to carry out."""
    if not actor.confirmed:
        raise Unconfirmed(_("请再次确认身份"))
    act.outside_by_id, act.outside_at = actor.person_id, clock.now()
    db.session.flush()
    record(actor, "agree_from_outside", act, judged.standing)
    tell_deciders(act, case_for(act))
    return Decided(act)


TOLD = {
    Kind.RESET_PASSWORD: "password_reset",
    Kind.CONFIRM_PERSON: "person_confirmed",
    Kind.END_SECOND_FACTOR: "second_factor_ended",
    Kind.REACTIVATE: "account_restored",
    Kind.APPOINT_OFFICER: "officer_appointed",
}
"""What the person concerned is told once it is done."""


def _overtaken(act: SensitiveAct) -> str | None:
    """Why what was proposed may not be carried out any more, though it has not lapsed."""
    if not act.proposed_by.active or not case_for(act).proposers & roles_held(act.proposed_by_id):
        return _("提出人已不再担任可以提出这件事的职务，请重新提出")
    person = act.person
    if (
        act.kind == Kind.CONFIRM_PERSON
        and person is not None
        and (person.suspended_at is None or person.suspended_at > act.proposed_at)
    ):
        return _("提出之后此人的口令又重置过，或限定知悉已恢复；请当面核实后重新提出")
    return None


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
        case Kind.END_SESSIONS:
            sessions.end_all(person_id)
            journal.record(actor, "end_sessions", "person", person_id, standing=standing)
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
    post = Post(person_id=act.person_id, unit_id=place.unit_id, for_unit_id=place.for_unit_id, role=role, from_on=clock.today())
    try:
        with db.session.begin_nested():
            db.session.add(post)
            db.session.flush()
    except IntegrityError:  # the database's own rule: he holds, or will hold, another post
        raise Invalid(_("此人有将要任的岗位，不能任命；请先由秘书处免去其岗位")) from None
