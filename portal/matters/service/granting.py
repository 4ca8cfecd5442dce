"""授权查阅: an ended confidential matter is opened to one more person, with a reason and an end, by the head of the office
that supervised it. Nobody grants it to himself; the three officers are granted nothing, and the secretariats, who appoint
people, are granted nothing and grant nothing."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select

from portal.access.actor import SYSTEM, Actor
from portal.access.models import Audience, Viewer
from portal.access.policy import Decision, allowed
from portal.access.roles import OFFICERS, Role
from portal.access.visibility import as_seen_by
from portal.audit import journal
from portal.identity.models import Person
from portal.identity.queries import hold_person
from portal.kernel import clock
from portal.kernel.db import current_city, db
from portal.kernel.language import _
from portal.kernel.refusals import Forbidden, Invalid, Invisible
from portal.matters import acts, audience, notices
from portal.matters.models import Matter
from portal.matters.queries import get_matter, whole_content
from portal.matters.readers import index_viewers
from portal.network.queries import roles_held, standings_of

LONGEST = timedelta(days=90)
"""How long one grant may last (the portal's own rule)."""


def _permitted(actor: Actor, matter: Matter) -> Decision:
    decision = allowed(actor, acts.GRANT_READING, matter)
    if not decision:
        raise Forbidden(_("您不能授权查阅：%(why)s", why="；".join(decision.unmet)), unmet=decision.unmet)
    return decision


def grant_reading(actor: Actor, matter_id: UUID, *, person: Person | None, last_day: date, reason: str) -> Matter:
    """The person reads the content from now until the end of `last_day`. Refused: Forbidden for whoever is not the head
    or while it is at work, Invalid for oneself, whoever reads it already, and a day past or more than 90 days away."""
    matter = get_matter(actor, matter_id)
    decision = _permitted(actor, matter)
    if actor.has(Role.SECRETARIAT):  # who appoints does not open what is confidential too
        raise Forbidden(_("您不能授权查阅：%(why)s", why=_("兼任秘书处岗位的，不能授权")))
    faults = {}
    today = clock.today()
    if person is not None:
        hold_person(person.id)
    if person is None:
        faults["person"] = _("没有找到这个人，请从列出的人员中选择，或填登录名")
    elif person.id == actor.person_id:
        faults["person"] = _("不能授权给自己")
    elif Role.SECRETARIAT in {standing.role for standing in standings_of(person.id)}:
        faults["person"] = _("不能授权给秘书处人员")
    elif not (roles := roles_held(person.id)) or roles & OFFICERS:
        faults["person"] = _("只能授权给有在任业务岗位的人员")
    elif db.session.scalar(
        select(Audience.id).where(Audience.record_id == matter.id, Audience.person_id == person.id, audience.reading_now()).limit(1)
    ):
        faults["person"] = _("此人已在知悉范围内")
    if last_day < today:
        faults["last_day"] = _("截止日期已过")
    elif last_day > today + LONGEST:
        faults["last_day"] = _("一次授权最长 90 天")
    if faults or person is None:
        raise Invalid(_("授权没有保存"), fields=faults)
    content = whole_content(matter)
    given = Audience(
        record_id=matter.id,
        person_id=person.id,
        cause=audience.GRANT,
        note=reason,
        from_at=clock.now(),
        to_at=clock.end_of(last_day),
    )
    db.session.add(given)
    index_viewers(matter, content)
    entry = journal.record(
        actor,
        "grant_reading",
        "matter",
        matter.id,
        standing=decision.standing,
        confidential=True,
        after={"person": person.id, "until": last_day.isoformat()},
    )
    notices.notify(matter, content, entry, "reading_granted", [person.id])
    return matter


def end_grant(actor: Actor, matter_id: UUID, grant_id: int) -> Matter:
    """收回: the grant ends now. One that is over already stays as it is."""
    matter = get_matter(actor, matter_id)
    decision = _permitted(actor, matter)
    given = db.session.scalars(
        select(Audience)
        .where(Audience.id == grant_id, Audience.record_id == matter.id, Audience.cause == audience.GRANT)
        .with_for_update()
    ).first()
    if given is None:
        raise Invisible
    if given.to_at is None or given.to_at > clock.now():
        given.to_at = clock.now()
        index_viewers(matter, whole_content(matter))
        journal.record(
            actor,
            "end_grant",
            "matter",
            matter.id,
            standing=decision.standing,
            confidential=True,
            after={"person": given.person_id},
        )
    return matter


def tidy_lapsed() -> None:
    """Readings whose time is over (granted ones, a stand-in's) leave the index of viewers; the seam has not counted them since."""
    lapsed = set(db.session.scalars(select(Viewer.record_id).where(Viewer.city_id == current_city(), Viewer.until <= clock.now())))
    if not lapsed:
        return
    found = db.session.scalars(select(Matter).where(Matter.id.in_(lapsed)).options(as_seen_by(SYSTEM))).all()
    for matter in found:
        index_viewers(matter, whole_content(matter))
