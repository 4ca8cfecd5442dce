"""What needs no second officer: sessions ended, a sweep noted, the three officers of a new city."""

from __future__ import annotations

from sqlalchemy.dialects.postgresql import insert

from portal.access.actor import Actor
from portal.access.roles import OFFICERS, Role
from portal.audit import journal
from portal.identity import sessions
from portal.identity.models import Person
from portal.identity.queries import person_by_id, person_named
from portal.identity.service import accounts
from portal.kernel import clock
from portal.kernel.db import current_city, db
from portal.kernel.language import _
from portal.kernel.refusals import Forbidden, Invalid, Invisible
from portal.network.models import Post
from portal.network.queries import roles_held
from portal.notify.service import tell
from portal.officers import queries
from portal.officers.models import Sweep
from portal.officers.rules import Kind


def end_sessions(actor: Actor, person_id: int) -> Person:
    """The security administrator ends all of a person's sessions, who may sign in again at once, and is told. Refused: Forbidden
    for an officer, who could be kept out by it: that takes the other two and somebody outside."""
    person = person_by_id(person_id)
    if person is None:
        raise Invisible
    if roles_held(person_id) & OFFICERS:
        raise Forbidden(_("三员的登录不能由一人结束：请提出“%(what)s”", what=Kind.END_SESSIONS.label))
    sessions.end_all(person_id)
    entry = journal.record(actor, "end_sessions", "person", person_id)
    say = _("安全管理员结束了全部登录")
    tell("account_concerns_you", [person_id], key=f"journal:{entry.id}", facts={"say": say})
    tell("account_of_yours", sorted(queries.heads_of(person_id)), key=f"journal:{entry.id}", facts={"by": person.name, "say": say})
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
        db.session.add(Post(person_id=person.id, unit_id=unit_id, for_unit_id=for_unit_id, role=role, from_on=clock.today()))
        db.session.flush()
        made[role] = (sign_in_name, once)
    return made
