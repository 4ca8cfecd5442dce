"""A unit's answer to a drive: whom it names as its liaison officer; the secretariat appoints him or asks for another."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from portal.access.actor import Actor, Standing
from portal.access.policy import allowed
from portal.access.roles import Role
from portal.audit import journal
from portal.identity.models import Person
from portal.kernel import clock
from portal.kernel.db import current_city, db
from portal.kernel.language import _
from portal.kernel.refusals import Forbidden, Invalid, Invisible, Stale
from portal.network.acts import KEEP_PEOPLE
from portal.network.models import Post
from portal.network.queries import in_force
from portal.notify.service import tell_each
from portal.registry.acts import Act
from portal.staffing import acts
from portal.staffing.models import Drive, Nomination
from portal.staffing.rules import on_unit
from portal.staffing.service.appointing import NewPerson, appoint, end_post
from portal.staffing.service.contacts import Reached, keep


def waiting_for(actor: Actor) -> list[Nomination]:
    """The units for which this person is asked and has not answered, in drives that run."""
    mine = {s.for_unit_id for s in actor.standings if s.role in (Role.OFFICE_DIRECTOR, Role.PRINCIPAL_LEADER)}
    if not mine:
        return []
    return list(
        db.session.scalars(
            select(Nomination)
            .join(Drive, Drive.id == Nomination.drive_id)
            .where(Nomination.unit_id.in_(mine), Nomination.answered_at.is_(None), Drive.closed_at.is_(None))
            .options(joinedload(Nomination.unit), joinedload(Nomination.drive))
            .order_by(Drive.until, Nomination.id)
            .limit(20)
        )
    )


def nomination(actor: Actor, nomination_id: int, act: Act, *, lock: bool = False) -> tuple[Nomination, Standing | None]:
    """A unit's place in a drive, for whoever may answer for the unit (NOMINATE) or keeps it (KEEP_PEOPLE)."""
    statement = (
        select(Nomination)
        .where(Nomination.city_id == current_city(), Nomination.id == nomination_id)
        .options(joinedload(Nomination.unit), joinedload(Nomination.drive), joinedload(Nomination.nominee))
    )
    found = db.session.scalar(statement.with_for_update(of=Nomination) if lock else statement)
    if found is None:
        raise Invisible
    decision = allowed(actor, act, on_unit(found.unit))
    if not decision:
        raise Forbidden(_("须由该单位的办公室主任推荐，或由秘书处办理"), unmet=decision.unmet)
    return found, decision.standing


def answer(actor: Actor, nomination_id: int, person: Person | None, name: str | None, reached: Reached) -> Nomination:
    """推荐: name the unit's liaison officer, a person of the city or a new one. May be changed until he is appointed."""
    found, standing = nomination(actor, nomination_id, acts.NOMINATE, lock=True)
    if found.drive.closed_at is not None:
        raise Invalid(_("这次推荐已经结束"))
    if found.settled_at is not None:
        raise Stale(_("推荐的联络员已经任命"))
    faults = reached.faults()
    if person is None and not name:
        faults["person"] = _("请选择人员，或填写新人员的姓名")
    if person is not None and not person.active:
        faults["person"] = _("此人已停用")
    if faults:
        raise Invalid(_("推荐没有保存"), fields=faults)
    found.nominee_id, found.nominee_name = (person.id, person.name) if person else (None, name)
    found.telephone, found.fax = reached.telephone, reached.fax or None
    found.email, found.leader = reached.email or None, reached.leader or None
    found.answered_at, found.answered_by_id, found.returned = clock.now(), actor.person_id, None
    journal.record(actor, "nominate", "nomination", found.id, standing=standing)
    return found


def send_back(actor: Actor, nomination_id: int, reason: str) -> Nomination:
    """The secretariat asks for another name, with a reason; whoever answered is told."""
    found, standing = nomination(actor, nomination_id, KEEP_PEOPLE, lock=True)
    if found.answered_at is None or found.settled_at is not None:
        raise Stale(_("这条推荐已有变动，没有退回"))
    if not reason:
        raise Invalid(_("没有退回"), fields={"reason": _("请填写退回理由")})
    told, moment = found.answered_by_id, found.answered_at
    found.answered_at, found.returned = None, reason
    journal.record(actor, "return_nomination", "nomination", found.id, standing=standing, after={"reason": reason})
    key = f"nomination:{found.id}:returned:{moment.timestamp():.0f}"
    tell_each("nomination_returned", [(told, key, {"unit": found.unit.name, "about": found.id, "say": reason})] if told else [])
    return found


def accept(
    actor: Actor, nomination_id: int, *, sign_in_name: str | None = None, replace: bool = False
) -> tuple[Nomination, str | None]:
    """The secretariat appoints whom the unit named, from today on, with his contact; a new person's one-time password is
    returned. `replace`: the liaison officers of before leave, and he takes over what they handled."""
    found, standing = nomination(actor, nomination_id, KEEP_PEOPLE, lock=True)
    if found.answered_at is None or found.settled_at is not None:
        raise Stale(_("这条推荐已有变动，没有任命"))
    before = list(
        db.session.scalars(
            select(Post)
            .where(Post.for_unit_id == found.unit_id, Post.role == Role.LIAISON_OFFICER, in_force(clock.today()))
            .order_by(Post.id)
        )
    )
    post = next((one for one in before if one.person_id == found.nominee_id), None)
    once = None
    reason = _("推荐联络员：%(title)s", title=found.drive.title)
    if post is None:
        who = found.nominee or NewPerson(found.nominee_name or "", sign_in_name or "", found.email)
        made, once = appoint(actor, found.unit_id, Role.LIAISON_OFFICER, who, from_on=clock.today(), reason=reason)
        assert isinstance(made, Post)  # a liaison officer needs nobody's agreement
        post = made
    keep(post, Reached(found.telephone or "", found.fax, found.email, found.leader)).confirmed_on = clock.today()
    if replace:
        for former in before:
            if former.person_id != post.person_id:
                end_post(actor, former.id, to_on=clock.today(), reason=reason, successor_id=post.id)
    found.settled_at, found.post_id = clock.now(), post.id
    journal.record(actor, "accept_nomination", "nomination", found.id, standing=standing, after={"post_id": post.id})
    if found.answered_by_id and found.answered_by_id != actor.person_id:
        tell_each("nomination_accepted", [(found.answered_by_id, f"nomination:{found.id}:accepted", {"unit": found.unit.name})])
    return found, once
