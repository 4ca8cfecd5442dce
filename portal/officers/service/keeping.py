"""What needs no second officer: sessions ended, a sweep noted or its clock confirmed, refused letters sent again, the three
officers of a new city."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.dialects.postgresql import insert

from portal.access.actor import Actor
from portal.access.roles import OFFICERS, Role
from portal.audit import journal
from portal.deadlines.queries import calendar_of
from portal.identity import sessions
from portal.identity.models import Person
from portal.identity.queries import person_by_id, person_named
from portal.identity.service import accounts
from portal.kernel import clock
from portal.kernel.db import current_city, db
from portal.kernel.language import _
from portal.kernel.refusals import Forbidden, Invalid, Invisible, Stale
from portal.network.models import Post
from portal.network.queries import roles_held
from portal.notify import delivery
from portal.notify.service import tell
from portal.notify.wakeup import ring_after_commit
from portal.officers import queries, trust
from portal.officers.models import Sweep
from portal.officers.rules import Kind
from portal.officers.trust import Beat


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
    """The present city is swept just now, by a clock that is believed."""
    now = trust.beat()
    values = {"swept_at": now.at, "boot": now.boot, "uptime": now.uptime, "stopped_at": None}
    made = insert(Sweep).values(city_id=current_city(), **values)
    db.session.execute(made.on_conflict_do_update(index_elements=["city_id"], set_=values))


def may_sweep() -> bool:
    """Whether the clock can be believed, asked before each part of a sweep; where not, that is written down."""
    last = queries.last_sweep()
    if _believes(last, trust.beat()):
        return True
    assert last is not None
    last.stopped_at = clock.now()
    return False


_believed: dict[int, Beat] = {}
"""The city → when its clock was last compared here with its last sweep, and was right: as long as the machine runs on and the
clock with it, it still is, and nobody need ask again."""


def refuse_unbelieved_clock() -> None:
    """Before a number is given in the series of a year. Invalid where it is another year than at the last sweep and the clock
    is not believed: until it is right, or the system administrator has confirmed it."""
    city, now = current_city(), trust.beat()
    assert city is not None
    if city in _believed and trust.keeps_pace(_believed[city], now):
        return
    last = queries.last_sweep()
    another = last is not None and clock.local(last.swept_at).year != clock.local(now.at).year
    if another and not _believes(last, now):
        raise Invalid(
            _(
                "服务器时间与最近一次巡检相差太远，暂不编号，以免用错年份。请系统管理员到“系统运行”核对：校准时钟，或确认现在的时间无误"
            )
        )
    _believed[city] = now


def _believes(last: Sweep | None, now: Beat) -> bool:
    return last is None or trust.believable(Beat(last.swept_at, last.boot, last.uptime), now, calendar_of(db.session()))


def confirm_clock(actor: Actor, shown: datetime) -> None:
    """The system administrator has looked: it is as late as the portal says. `shown` is what his page said; sweeps go on
    from here, and stop again at the next leap. Stale where none is stopped, or the clock has leapt since."""
    last = queries.last_sweep()
    if last is None or last.stopped_at is None:
        raise Stale(_("巡检没有停，不必确认"))
    if abs(clock.now() - shown) > trust.LEAP:
        raise Stale(_("时钟又变了，请再看一次"))
    before, last.swept_at = last.swept_at, clock.now()
    last.boot = last.uptime = last.stopped_at = None
    facts = [{"swept_at": moment.isoformat(timespec="seconds")} for moment in (before, last.swept_at)]
    journal.record(actor, "confirm_clock", "sweep", actor.city_id, before=facts[0], after=facts[1])


def send_again(actor: Actor) -> int:
    """The system administrator has all letters sent again that the mail server refused for good; how many."""
    count = delivery.send_again()
    if count:
        journal.record(actor, "send_again", "delivery", "failed", after={"count": count})
        ring_after_commit()
    return count


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
