"""Naming a stand-in for a post, from, to, for which kinds of act, and ending it: by the holder himself, or by the
secretariat for somebody who is suddenly away."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import contains_eager, joinedload

from portal.access.actor import Actor, Standing
from portal.access.policy import Decision, allowed
from portal.access.roles import OFFICERS
from portal.audit import journal
from portal.identity.models import Person
from portal.kernel import clock
from portal.kernel.db import current_city, db
from portal.kernel.language import _
from portal.kernel.refusals import Forbidden, Invalid, Invisible
from portal.network import business, queries
from portal.network.acts import DELEGATE, KEEP_PEOPLE
from portal.network.models import Delegation, Post
from portal.network.rules import AGREED
from portal.registry.acts import Lent

LONGEST = timedelta(days=90)
"""How long one delegation may last (the portal's own rule)."""
_LOCK = 7_301


def delegate(
    actor: Actor,
    post_id: int,
    to_person_id: int,
    from_at: datetime,
    to_at: datetime,
    covers_confidential: bool,
    acts: Collection[str] = (Lent.ALL,),
) -> Delegation:
    """Name who stands in for one's own post from, to, for these kinds of act. Refused: Forbidden for another's post,
    Invalid for oneself, a circle, somebody inactive or without business posts, no kind of act, a period that is empty,
    past or over 90 days."""
    standing = next((s for s in actor.standings if s.post_id == post_id and s.delegation_id is None), None)
    if standing is None:
        raise Forbidden(_("只能委托本人担任的岗位"))
    decision = allowed(actor, DELEGATE)
    if not decision or standing.role in OFFICERS:
        raise Forbidden(_("不能委托这个岗位"), unmet=decision.unmet or (_("三员不办理业务"),))
    if covers_confidential and actor.suspended:  # what he may not read himself he opens to nobody
        sentence = _("口令由他人发放或重置，还没有核实身份，暂不能委托限定知悉的事项")
        raise Invalid(_("委托没有保存"), fields={"covers_confidential": sentence})
    made = Delegation(
        post_id=post_id, to_person_id=to_person_id, from_at=from_at, to_at=to_at, acts=_known(acts),
        covers_confidential=covers_confidential, made_at=clock.now(),
    )  # fmt: skip
    return _keep(actor, standing, made, actor.person_id)


def delegate_for(
    actor: Actor,
    post_id: int,
    to_person_id: int,
    from_at: datetime,
    to_at: datetime,
    acts: Collection[str],
    reason: str,
) -> Delegation:
    """The secretariat names a stand-in for somebody of its subtree who is suddenly away, with a reason. It never covers
    confidential matters: those only their reader himself can name; and nobody names himself. For who supervises, heads or
    leads stands in only whom somebody else has agreed to there: else it would appoint by way of a delegation."""
    post, decision = post_kept(actor, post_id)
    if post.role in OFFICERS:
        raise Forbidden(_("系统管理员、安全管理员、审计员的岗位不由秘书处管理"))
    if not post_in_force(post) or not post.person.active:
        raise Invalid(_("这个岗位现在无人在任，不能委托"))
    if to_person_id == actor.person_id:  # as nobody appoints himself: at least a second person must be willing
        raise Invalid(_("委托没有保存"), fields={"to_person": _("不能指定自己代行，请由另一位秘书处人员办理")})
    if not reason:
        raise Invalid(_("委托没有保存"), fields={"reason": _("请填写理由")})
    if to_person_id not in (agreed_there(post) or {to_person_id}):
        sentence = _("督查、领导岗位由秘书处指定代行的，只能是同一单位现任的督查员、督查室主任或领导；请本人委托他人，或另行任职")
        raise Invalid(_("委托没有保存"), fields={"to_person": sentence})
    made = Delegation(
        post_id=post_id, to_person_id=to_person_id, from_at=from_at, to_at=to_at, acts=_known(acts),
        covers_confidential=False, made_at=clock.now(), set_by_id=actor.person_id, reason=reason,
    )  # fmt: skip
    return _keep(actor, decision.standing, made, post.person_id)


def agreed_there(post: Post) -> frozenset[int] | None:
    """Whom the secretariat may set for whoever supervises, heads or leads: those who do so in the same unit, himself among them;
    None where it may set anybody."""
    if post.role not in AGREED:
        return None
    return frozenset().union(*queries.seated({(post.for_unit_id, role) for role in AGREED}).values())


def _keep(actor: Actor, standing: Standing | None, made: Delegation, holder_id: int) -> Delegation:
    # Two who name each other at the same moment must not both find the way free.
    db.session.execute(select(func.pg_advisory_xact_lock(_LOCK, actor.city_id)))
    faults = _period_faults(made.from_at, made.to_at)
    if not made.acts:
        faults["acts"] = _("请选择委托哪些事务")
    if sentence := _stand_in_fault(holder_id, holder_id == actor.person_id, made):
        faults["to_person"] = sentence
    elif not faults and _lent(made.post_id, made.to_person_id, made.from_at, made.to_at):
        faults["from_day"] = _("这个岗位在此期间已委托给同一人")
    if faults:
        raise Invalid(_("委托没有保存"), fields=faults)
    db.session.add(made)
    db.session.flush()
    journal.record(actor, "delegate", "delegation", made.id, standing=standing, after=_facts(made))
    return made


def _known(acts: Collection[str]) -> list[str]:
    """The kinds of act as they are kept: everything includes the others."""
    named = [kind.value for kind in Lent if kind in acts]
    return [Lent.ALL.value] if Lent.ALL in named else named


def post_in_force(post: Post) -> bool:
    """Whether the post is held today."""
    return post.from_on <= clock.today() and (post.to_on is None or post.to_on > clock.today())


def post_kept(actor: Actor, post_id: int) -> tuple[Post, Decision]:
    """The post, with person and unit, for the secretariat that keeps its unit. Invisible where there is none, Forbidden
    beside or above its subtree."""
    post = queries.post_by_id(post_id)
    if post is None:
        raise Invisible
    decision = allowed(actor, KEEP_PEOPLE, post.unit)
    if not decision:
        raise Forbidden(_("这个单位不在您的管理范围内"), unmet=decision.unmet)
    return post, decision


def end_delegation(actor: Actor, delegation_id: int) -> Delegation:
    """End at once a delegation of one's own, or as the secretariat one in its subtree; what was signed under it stays
    signed, what was read by it is read no longer. Ended already: nothing more happens."""
    found = db.session.scalar(
        select(Delegation)
        .where(Delegation.city_id == current_city(), Delegation.id == delegation_id)
        .options(joinedload(Delegation.post).joinedload(Post.unit))
        .with_for_update(of=Delegation)
    )
    if found is None:
        raise Invisible
    mine = found.post.person_id == actor.person_id
    kept = allowed(actor, KEEP_PEOPLE, found.post.unit)
    if not mine and not kept:
        raise Invisible
    if found.ended_at is None and found.to_at > clock.now():
        before = _facts(found)
        found.ended_at = clock.now()
        own = next((s for s in actor.standings if s.post_id == found.post_id), None)
        journal.record(actor, "end_delegation", "delegation", found.id, standing=own if mine else kept.standing, before=before)
        business.lent_no_longer([found.to_person_id])
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


def _stand_in_fault(holder_id: int, himself: bool, made: Delegation) -> str | None:
    to_person_id = made.to_person_id
    if to_person_id == holder_id:
        return _("不能委托给自己") if himself else _("不能委托给本人")
    person = db.session.scalar(select(Person).where(Person.city_id == current_city(), Person.id == to_person_id))
    if person is None or not person.active:
        return _("没有这个人，或已停用")
    roles = queries.roles_held(to_person_id)
    if not roles:
        return _("此人没有在任的岗位")
    if roles & OFFICERS:
        return _("不能委托给系统管理员、安全管理员或审计员")
    if _circle(holder_id, to_person_id, made.from_at, made.to_at):
        if himself:
            return _("此人在这段时间已直接或间接委托给您，不能相互委托")
        return _("此人在这段时间已直接或间接委托给本人，不能相互委托")
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
        "acts": made.acts,
        "reason": made.reason,
    }
