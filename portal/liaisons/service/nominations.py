"""A unit's answer to a drive: whom it names as its liaison officer; the secretariat appoints them or asks for another."""

from __future__ import annotations

from sqlalchemy import select

from portal.access.actor import Actor, Standing
from portal.access.policy import allowed
from portal.access.roles import Role
from portal.audit import journal
from portal.collections import queries
from portal.collections import service as collections
from portal.collections.models import CollectionUnit
from portal.identity.models import Person
from portal.kernel import clock
from portal.kernel.db import db
from portal.kernel.language import _
from portal.kernel.refusals import Forbidden, Invalid, Invisible, Stale
from portal.liaisons.acts import NOMINATE
from portal.liaisons.models import Nomination
from portal.liaisons.queries import nomination_of
from portal.liaisons.service.drives import DRIVE
from portal.network.acts import KEEP_PEOPLE
from portal.network.models import Post
from portal.network.queries import in_force
from portal.notify.service import tell_each
from portal.registry.acts import Act
from portal.staffing.rules import on_unit
from portal.staffing.service.appointing import NewPerson, appoint, end_post
from portal.staffing.service.contacts import Reached, keep


def waiting_for(actor: Actor) -> list[CollectionUnit]:
    """The units for which this person is asked and has not answered, in drives that run."""
    mine = {s.for_unit_id for s in actor.standings if s.role in (Role.OFFICE_DIRECTOR, Role.PRINCIPAL_LEADER)}
    return queries.waiting(DRIVE, mine) if mine else []


def asked_unit(actor: Actor, asked_id: int, act: Act, *, lock: bool = False) -> tuple[CollectionUnit, Standing | None]:
    """A unit's place in a drive, for whoever may answer for the unit (NOMINATE) or keeps it (KEEP_PEOPLE)."""
    found = queries.asked_by_id(DRIVE, asked_id, lock=lock)
    if found is None:
        raise Invisible
    decision = allowed(actor, act, on_unit(found.unit))
    if not decision:
        raise Forbidden(_("须由该单位的办公室主任推荐，或由秘书处办理"), unmet=decision.unmet)
    return found, decision.standing


def answer(actor: Actor, asked_id: int, person: Person | None, name: str | None, reached: Reached) -> Nomination:
    """推荐: name the unit's liaison officer, a person of the city or a new one. May be changed until they are appointed."""
    found, standing = asked_unit(actor, asked_id, NOMINATE, lock=True)
    if found.collection.closed_at is not None:
        raise Invalid(_("这次推荐已经结束"))
    if found.answer is not None and found.answer.accepted_at is not None:
        raise Stale(_("推荐的联络员已经任命"))
    faults = reached.faults()
    if person is None and not name:
        faults["person"] = _("请选择人员，或填写新人员的姓名")
    if person is not None and not person.active:
        faults["person"] = _("此人已停用")
    if faults:
        raise Invalid(_("推荐没有保存"), fields=faults)
    given = collections.give(found, actor.person_id)
    named = nomination_of(found) or Nomination(answer=given)
    db.session.add(named)
    named.nominee_id, named.nominee_name = (person.id, person.name) if person else (None, name or "")
    named.telephone, named.fax = reached.telephone, reached.fax or None
    named.email, named.leader = reached.email or None, reached.leader or None
    journal.record(actor, "nominate", "nomination", found.id, standing=standing)
    return named


def send_back(actor: Actor, asked_id: int, reason: str) -> None:
    """The secretariat asks for another name, with a reason; whoever answered is told."""
    found, standing = asked_unit(actor, asked_id, KEEP_PEOPLE, lock=True)
    given = found.answer
    if given is None or given.given_at is None or given.accepted_at is not None:
        raise Stale(_("这条推荐已有变动，没有退回"))
    if not reason:
        raise Invalid(_("没有退回"), fields={"reason": _("请填写退回理由")})
    moment = given.given_at
    collections.send_back(given, reason)
    journal.record(actor, "return_nomination", "nomination", found.id, standing=standing, after={"reason": reason})
    key = f"nomination:{found.id}:returned:{moment.timestamp():.0f}"
    tell_each("nomination_returned", [(given.given_by_id, key, {"unit": found.unit.name, "about": found.id, "say": reason})])


def accept(actor: Actor, asked_id: int, *, sign_in_name: str | None = None, replace: bool = False) -> tuple[Post, str | None]:
    """The secretariat appoints whom the unit named, from today on, with their contact; a new person's one-time password is
    returned. `replace`: the liaison officers of before leave, and whoever comes takes over what they handled."""
    found, standing = asked_unit(actor, asked_id, KEEP_PEOPLE, lock=True)
    given, named = found.given, nomination_of(found)
    if given is None or given.accepted_at is not None or named is None:
        raise Stale(_("这条推荐已有变动，没有任命"))
    before = list(
        db.session.scalars(
            select(Post)
            .where(Post.for_unit_id == found.unit_id, Post.role == Role.LIAISON_OFFICER, in_force(clock.today()))
            .order_by(Post.id)
        )
    )
    post = next((one for one in before if one.person_id == named.nominee_id), None)
    once = None
    reason = _("推荐联络员：%(title)s", title=found.collection.title)
    if post is None:
        who = named.nominee or NewPerson(named.nominee_name, sign_in_name or "", named.email)
        made, once = appoint(actor, found.unit_id, Role.LIAISON_OFFICER, who, from_on=clock.today(), reason=reason)
        assert isinstance(made, Post)  # a liaison officer needs nobody's agreement
        post = made
    keep(post, Reached(named.telephone, named.fax, named.email, named.leader)).confirmed_on = clock.today()
    if replace:
        for former in before:
            if former.person_id != post.person_id:
                end_post(actor, former.id, to_on=clock.today(), reason=reason, successor_id=post.id)
    collections.accept(given)
    named.post_id = post.id
    journal.record(actor, "accept_nomination", "nomination", found.id, standing=standing, after={"post_id": post.id})
    if given.given_by_id != actor.person_id:
        tell_each("nomination_accepted", [(given.given_by_id, f"nomination:{found.id}:accepted", {"unit": found.unit.name})])
    return post, once
