"""Naming a stand-in for one's own post, from, to, and ending it."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import contains_eager, joinedload

from portal.access.actor import Actor
from portal.access.policy import Act, allowed
from portal.access.roles import OFFICERS
from portal.audit import journal
from portal.identity.models import Person
from portal.kernel import clock
from portal.kernel.db import current_city, db
from portal.kernel.language import _
from portal.kernel.refusals import Forbidden, Invalid, Invisible
from portal.network import queries
from portal.network.models import Delegation, Post

LONGEST = timedelta(days=90)
"""How long one delegation may last (the portal's own rule)."""
_LOCK = 7_301


def delegate(
    actor: Actor, post_id: int, to_person_id: int, from_at: datetime, to_at: datetime, covers_confidential: bool
) -> Delegation:
    """Name who stands in for one's own post from, to. Refused: Forbidden for another's post, Invalid for oneself, a
    circle, somebody inactive or without business posts, a period that is empty, past or over 90 days."""
    standing = next((s for s in actor.standings if s.post_id == post_id and s.delegation_id is None), None)
    if standing is None:
        raise Forbidden(_("只能委托本人担任的岗位"))
    decision = allowed(actor, Act.DELEGATE)
    if not decision or standing.role in OFFICERS:
        raise Forbidden(_("不能委托这个岗位"), unmet=decision.unmet or (_("三员不办理业务"),))
    # Two who name each other at the same moment must not both find the way free.
    db.session.execute(select(func.pg_advisory_xact_lock(_LOCK, actor.city_id)))
    faults = _period_faults(from_at, to_at)
    if sentence := _stand_in_fault(actor, to_person_id, from_at, to_at):
        faults["to_person"] = sentence
    elif not faults and _lent(post_id, to_person_id, from_at, to_at):
        faults["from_day"] = _("这个岗位在此期间已委托给同一人")
    if faults:
        raise Invalid(_("委托没有保存"), fields=faults)
    made = Delegation(
        post_id=post_id,
        to_person_id=to_person_id,
        from_at=from_at,
        to_at=to_at,
        covers_confidential=covers_confidential,
        made_at=clock.now(),
    )
    db.session.add(made)
    db.session.flush()
    journal.record(actor, "delegate", "delegation", made.id, standing=standing, after=_facts(made))
    return made


def end_delegation(actor: Actor, delegation_id: int) -> Delegation:
    """End one's own delegation at once; what was signed under it stays signed. Ended already: nothing more happens."""
    found = db.session.scalar(
        select(Delegation)
        .join(Post, Post.id == Delegation.post_id)
        .where(Delegation.city_id == current_city(), Delegation.id == delegation_id, Post.person_id == actor.person_id)
        .with_for_update(of=Delegation)
    )
    if found is None:
        raise Invisible
    if found.ended_at is None and found.to_at > clock.now():
        before = _facts(found)
        found.ended_at = clock.now()
        standing = next((s for s in actor.standings if s.post_id == found.post_id), None)
        journal.record(actor, "end_delegation", "delegation", found.id, standing=standing, before=before)
    return found


def delegations_of(actor: Actor) -> list[Delegation]:
    """The delegations that one has made, and those by which one stands in for others; the latest first."""
    return list(
        db.session.scalars(
            select(Delegation)
            .join(Post, Post.id == Delegation.post_id)
            .where(
                Delegation.city_id == current_city(),
                or_(Post.person_id == actor.person_id, Delegation.to_person_id == actor.person_id),
            )
            .order_by(Delegation.from_at.desc(), Delegation.id.desc())
            .options(
                contains_eager(Delegation.post).joinedload(Post.person),
                contains_eager(Delegation.post).joinedload(Post.unit),
                joinedload(Delegation.to_person),
            )
            .limit(100)
        )
    )


def _period_faults(from_at: datetime, to_at: datetime) -> dict[str, str]:
    if to_at <= from_at:
        return {"to_day": _("结束日期不能早于开始日期")}
    if to_at <= clock.now():
        return {"to_day": _("这段时间已经过去")}
    if to_at - from_at > LONGEST:
        return {"to_day": _("一次委托最长 %(days)s 天", days=LONGEST.days)}
    return {}


def _stand_in_fault(actor: Actor, to_person_id: int, from_at: datetime, to_at: datetime) -> str | None:
    if to_person_id == actor.person_id:
        return _("不能委托给自己")
    person = db.session.scalar(select(Person).where(Person.city_id == current_city(), Person.id == to_person_id))
    if person is None or not person.active:
        return _("没有这个人，或已停用")
    roles = queries.roles_held(to_person_id)
    if not roles:
        return _("此人没有在任的岗位")
    if roles & OFFICERS:
        return _("不能委托给系统管理员、安全管理员或审计员")
    if _circle(actor.person_id, to_person_id, from_at, to_at):
        return _("此人在这段时间已直接或间接委托给您，不能相互委托")
    return None


def _lent(post_id: int, to_person_id: int, from_at: datetime, to_at: datetime) -> bool:
    return (
        db.session.scalar(
            select(Delegation.id)
            .where(
                Delegation.post_id == post_id,
                Delegation.to_person_id == to_person_id,
                Delegation.ended_at.is_(None),
                Delegation.from_at < to_at,
                Delegation.to_at > from_at,
            )
            .limit(1)
        )
        is not None
    )


def _circle(start: int, to_person_id: int, from_at: datetime, to_at: datetime) -> bool:
    """Whether, in this period, he to whom it would go has himself lent on, and so on, back to the start."""
    rows = db.session.execute(
        select(Post.person_id, Delegation.to_person_id)
        .join(Post, Post.id == Delegation.post_id)
        .where(
            Delegation.city_id == current_city(),
            Delegation.ended_at.is_(None),
            Delegation.from_at < to_at,
            Delegation.to_at > from_at,
        )
    )
    lent: dict[int, set[int]] = {}
    for holder, stand_in in rows:
        lent.setdefault(holder, set()).add(stand_in)
    seen: set[int] = set()
    waiting = [to_person_id]
    while waiting:
        one = waiting.pop()
        if one == start:
            return True
        if one not in seen:
            seen.add(one)
            waiting.extend(lent.get(one, ()))
    return False


def _facts(made: Delegation) -> dict[str, object]:
    return {
        "post_id": made.post_id,
        "to_person_id": made.to_person_id,
        "from_at": made.from_at.isoformat(),
        "to_at": made.to_at.isoformat(),
        "covers_confidential": made.covers_confidential,
    }
