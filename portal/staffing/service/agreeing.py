"""任职同意: who is to supervise, to head an office or to lead a unit holds his post only when somebody else has agreed: whoever is
at the head there today, himself and no stand-in, else the security administrator. Neither who asked for it nor whom it is about.

Domain, "powers do not add up": a secretariat that appointed by itself could read, by way of somebody it made up, what it may not.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from portal.access.actor import Actor, Standing
from portal.access.policy import Decision, allowed
from portal.access.roles import OFFICERS, Role
from portal.audit import journal
from portal.identity.queries import hold_person
from portal.kernel import clock
from portal.kernel.db import current_city, db
from portal.kernel.language import _
from portal.kernel.refusals import Forbidden, Invalid, Invisible, Stale
from portal.network import queries as network
from portal.network.acts import KEEP_PEOPLE
from portal.network.models import Appointment, Post
from portal.network.rules import head_role
from portal.notify.service import tell, tell_each
from portal.staffing import acts, queries

TOLD_WITHIN = timedelta(hours=1)
"""A sweep tells of what was asked for lately; whoever is asked is told once."""


@dataclass(frozen=True, slots=True)
class Asked:
    """An appointment that waits, as the policy judges it. `path` is the unit's; `heads` who is at the head there."""

    appointment: Appointment
    heads: frozenset[int]
    path: Sequence[int]

    @property
    def for_unit_id(self) -> int:
        return self.appointment.unit.acts_for_id

    @property
    def head_role(self) -> Role:
        return head_role(Role(self.appointment.role))

    @property
    def about(self) -> frozenset[int]:
        return frozenset({self.appointment.person_id})

    @property
    def proposed_by_id(self) -> int | None:
        return self.appointment.proposed_by_id


def ask(actor: Actor, standing: Standing | None, made: Appointment) -> Appointment:
    """Somebody is to be appointed: whoever has to agree is told, and so is he."""
    db.session.add(made)
    db.session.flush()
    journal.record(actor, "ask_appointment", "appointment", made.id, standing=standing, after=_facts(made))
    _tell([made])
    _tell_himself(made)
    return made


def waiting(actor: Actor) -> list[tuple[Asked, Decision]]:
    """What waits for somebody's agreement and this person may agree to, or has to do with as the secretariat that keeps the unit;
    the oldest first."""
    found = []
    for asked in _asked(_all_waiting()):
        decision = allowed(actor, acts.AGREE_APPOINTMENT, asked)
        if decision or allowed(actor, KEEP_PEOPLE, asked):
            found.append((asked, decision))
    return found


def may_be_asked(actor: Actor) -> bool:
    """Whether anything may ever wait for this person's agreement: whoever is at the head of something, or the security
    administrator. No statement, since every page of his asks."""
    heads = any(s.role in (Role.SUPERVISION_HEAD, Role.PRINCIPAL_LEADER) and s.delegation_id is None for s in actor.standings)
    return heads or actor.has(Role.SECURITY_ADMIN)


def decide(actor: Actor, ids: Collection[int], *, agree: bool) -> list[Appointment]:
    """Agree to these, and the posts are held; or do not. All or none. Refused: Invalid where none is named, Invisible for what
    is not there, Forbidden for whoever may not, Stale for what was decided meanwhile or cannot be any more."""
    if not ids:
        raise Invalid(_("没有办理：请先勾选要办理的任职"))
    if actor.suspended:
        raise Forbidden(_("口令由他人发放或重置，还没有核实身份，暂不能同意任职"))
    rows = list(db.session.scalars(_appointments().where(Appointment.id.in_(ids)).with_for_update(of=Appointment)))
    if len(rows) < len(set(ids)):
        raise Invisible
    for asked in _asked(rows):
        made = asked.appointment
        if made.outcome is not None:
            raise Stale(_("%(name)s的任职已经办过", name=made.person.name))
        judged = allowed(actor, acts.AGREE_APPOINTMENT, asked)
        if not judged:
            raise Forbidden(_("%(name)s的任职不能由您同意", name=made.person.name), unmet=judged.unmet)
        post = _held(made) if agree else None
        made.decided_by_id, made.decided_at = actor.person_id, clock.now()
        made.outcome, made.post_id = ("agreed", post.id) if post else ("refused", None)
        db.session.flush()
        entry = journal.record(
            actor, "appoint" if agree else "refuse_appointment", "post" if post else "appointment", post.id if post else made.id,
            standing=judged.standing, after=_facts(made),
        )  # fmt: skip
        _told(asked, entry.id, agree=agree)
    return rows


def withdraw(actor: Actor, appointment_id: int) -> Appointment:
    """The secretariat that keeps the unit takes back what nobody has agreed to yet."""
    made = db.session.scalar(_appointments().where(Appointment.id == appointment_id).with_for_update(of=Appointment))
    if made is None:
        raise Invisible
    judged = allowed(actor, KEEP_PEOPLE, made.unit)
    if not judged:
        raise Forbidden(_("这个单位不在您的管理范围内"), unmet=judged.unmet)
    if made.outcome is not None:
        raise Stale(_("%(name)s的任职已经办过", name=made.person.name))
    made.decided_at, made.outcome = clock.now(), "withdrawn"
    journal.record(actor, "withdraw_appointment", "appointment", made.id, standing=judged.standing, after=_facts(made))
    return made


def tell_of_new() -> None:
    """Part of every sweep: of what a workbook or a change of the tree asked for, whoever has to agree is told once, and so is
    whom it is about."""
    lately = _all_waiting().where(Appointment.proposed_at > clock.now() - TOLD_WITHIN)
    found = list(db.session.scalars(lately))
    _tell(found)
    for made in found:
        _tell_himself(made)


def _appointments():  # type: ignore[no-untyped-def]
    return (
        select(Appointment)
        .where(Appointment.city_id == current_city())
        .options(joinedload(Appointment.person), joinedload(Appointment.unit), joinedload(Appointment.proposed_by))
        .order_by(Appointment.id)
    )


def _all_waiting():  # type: ignore[no-untyped-def]
    return _appointments().where(Appointment.outcome.is_(None))


def _asked(found: object) -> list[Asked]:
    rows: list[Appointment] = list(db.session.scalars(found)) if not isinstance(found, list) else found  # type: ignore[call-overload]
    heads = network.seated({(one.unit.acts_for_id, head_role(Role(one.role))) for one in rows})
    return [
        Asked(
            one,
            heads[one.unit.acts_for_id, head_role(Role(one.role))] - {one.person_id, one.proposed_by_id or 0},
            one.unit.path,
        )
        for one in rows
    ]


def _held(made: Appointment) -> Post:
    """The post, held from today at the earliest; Stale where that is not possible any more."""
    hold_person(made.person_id)
    from_on = max(made.from_on, clock.today())
    over = made.to_on is not None and made.to_on <= from_on
    gone = made.unit.retired_on is not None and made.unit.retired_on <= from_on
    held = queries.same_post(made.person_id, made.unit_id, Role(made.role), from_on, made.to_on)
    if over or gone or held or not made.person.active or network.roles_held(made.person_id) & OFFICERS:
        raise Stale(
            _("%(name)s的这项任职已不能生效（期限已过、单位已撤销、此人已停用或已另有任职），请不同意", name=made.person.name)
        )
    post = Post(
        person_id=made.person_id, unit_id=made.unit_id, for_unit_id=made.unit.acts_for_id, role=made.role, from_on=from_on,
        to_on=made.to_on, reason=made.reason,
    )  # fmt: skip
    db.session.add(post)
    db.session.flush()
    return post


def _tell(rows: list[Appointment]) -> None:
    """Whoever has to agree: the heads, and where there is none the security administrator; once for all that was asked together."""
    if not rows:
        return
    security = queries.holders_of(Role.SECURITY_ADMIN)
    told = {
        (person, f"appointments:{asked.appointment.proposed_at.isoformat()}")
        for asked in _asked(rows)
        for person in asked.heads or security
    }
    tell_each("appointment_asked", [(person, key, {}) for person, key in sorted(told)])


def _tell_himself(made: Appointment) -> None:
    facts = {"unit": made.unit.name, "role": Role(made.role).value}
    tell("appointment_waits", [made.person_id], key=f"appointment:{made.id}:waits", facts=facts)


def _told(asked: Asked, entry_id: int, *, agree: bool) -> None:
    """He himself, who asked for it, and who is at the head there learn what became of it."""
    made = asked.appointment
    facts = {"unit": made.unit.name, "role": Role(made.role).value}
    if agree:
        tell("appointed", [made.person_id], key=f"journal:{entry_id}:appointed", facts=facts)
    others = {made.proposed_by_id, *asked.heads} - {None, made.decided_by_id, made.person_id}
    tell(
        "appointment_decided",
        sorted(one for one in others if one),
        key=f"appointment:{made.id}:decided",
        facts=facts | {"by": made.person.name, "granted": agree},
    )


def _facts(made: Appointment) -> dict[str, object]:
    return {
        "person_id": made.person_id,
        "unit_id": made.unit_id,
        "role": str(made.role),
        "from_on": made.from_on.isoformat(),
        "to_on": made.to_on.isoformat() if made.to_on else None,
        "reason": made.reason,
    }
