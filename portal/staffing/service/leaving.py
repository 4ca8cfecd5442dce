"""离岗交接: a person leaves in one act. Every open task passes on, all posts, delegations and sessions end, the account
closes where no post is left; what was passed on is a list that its receivers sign.

Confidential matters are not passed on by somebody who may not know them: the leaver's access ends, and the office that
holds the shell is told that somebody must be named, in the same words whatever he was there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy import or_, select, update

from portal.access.actor import Actor, Standing
from portal.access.policy import allowed
from portal.access.roles import OFFICERS, Role
from portal.audit import journal
from portal.identity import sessions
from portal.identity.models import Person
from portal.identity.service.accounts import deactivate
from portal.kernel import clock
from portal.kernel.db import current_city, db
from portal.kernel.language import _
from portal.kernel.refusals import Forbidden, Invalid, Invisible, Stale
from portal.network.models import Delegation, Post
from portal.notify.service import tell
from portal.staffing import acts, queries
from portal.staffing.models import Handover, HandoverItem, HandoverPost, HandoverReceiver
from portal.staffing.rules import on_post
from portal.staffing.service.appointing import close, only_holder
from portal.staffing.service.post_tasks import Task, settle


def leaver(actor: Actor, person_id: int) -> tuple[Person, list[Post], Standing | None]:
    """The person who would leave, his posts present and to come, and by which post the actor may hand over for him: the
    secretariat that keeps all his units, or the office director of his unit where he is handler or liaison officer.
    Refused: Invisible where there is none, Forbidden for oneself, an officer, or a post out of reach."""
    person = queries.person_by_id(person_id)
    if person is None:
        raise Invisible
    posts = queries.live_posts(person_id)
    if person_id == actor.person_id:
        raise Forbidden(_("不能给自己办理离岗交接"))
    roles = frozenset(Role(post.role) for post in posts)
    if roles & OFFICERS:
        raise Forbidden(_("系统管理员、安全管理员、审计员的岗位不由秘书处管理"))
    standing = None
    for post in posts:
        decision = allowed(actor, acts.HAND_OVER, on_post(post, roles))
        if not decision:
            place = _("此人还担任%(unit)s的%(role)s，须由管理该单位的秘书处办理", unit=post.unit.name, role=Role(post.role).label)
            raise Forbidden(place, unmet=decision.unmet)
        standing = decision.standing
    if not posts and not any(s.role == Role.SECRETARIAT for s in actor.standings):
        raise Forbidden(_("须由秘书处办理"))
    return person, posts, standing


def hand_over(
    actor: Actor, person_id: int, successors: Mapping[int, int | None], *, reason: str, chains_wait: bool = False
) -> Handover:
    """The person leaves today. `successors` names for each of his posts the post of whoever takes over, or None: then the
    unit's liaison officer names somebody. Refused as in `leaver`; Stale where his posts are others than were shown;
    Invalid without a reason, for a stranger as successor, for the only holder of a seat without `chains_wait`."""
    person, posts, standing = leaver(actor, person_id)
    if not posts:
        raise Invalid(_("此人没有在任的岗位，无须交接"))
    if successors.keys() != {post.id for post in posts}:
        raise Stale(_("此人的岗位在您打开页面之后有变动，没有办理；请核对后再办"))
    # Another who hands over for him at this moment is waited for, and what he left is looked at anew.
    db.session.scalars(
        select(Post).where(Post.id.in_(successors)).with_for_update(of=Post).execution_options(populate_existing=True)
    ).all()
    if successors.keys() != {post.id for post in queries.live_posts(person_id)}:
        raise Stale(_("此人的岗位在您打开页面之后有变动，没有办理；请核对后再办"))
    faults: dict[str, str] = {}
    if not reason:
        faults["reason"] = _("请填写离岗原因")
    for post in posts:
        chosen = successors[post.id]
        if chosen is not None and chosen not in {one.post_id for one in queries.candidates(post)}:
            faults[f"successor_{post.id}"] = _("接手人须在同一单位担任同样的岗位")
        elif not chains_wait and (sentence := only_holder(post, clock.today())):
            faults["chains_wait"] = sentence
    if faults:
        raise Invalid(_("没有办理离岗交接"), fields=faults)
    made = Handover(person_id=person.id, made_by_id=actor.person_id, made_at=clock.now(), reason=reason)
    db.session.add(made)
    db.session.flush()
    _end_delegations(person.id, [post.id for post in posts])
    for post in posts:
        close(post, clock.today(), reason, successors[post.id])
    tasks = [task for post in posts for task in settle(actor, standing, post)]
    receivers = _write_list(made, posts, tasks)
    sessions.end_all(person.id)
    if not queries.live_posts(person.id):
        deactivate(actor, person.id, standing)
    journal.record(
        actor, "hand_over", "person", person.id, standing=standing,
        after={"handover_id": made.id, "posts": [post.id for post in posts], "receivers": receivers, "reason": reason},
    )  # fmt: skip
    tell(
        "handover_to_sign",
        [one for one in receivers if one != actor.person_id],
        key=f"handover:{made.id}",
        facts={"by": person.name, "about": made.id},
    )
    return made


def _end_delegations(person_id: int, posts: list[int]) -> None:
    db.session.execute(
        update(Delegation)
        .where(
            Delegation.city_id == current_city(), Delegation.ended_at.is_(None), Delegation.to_at > clock.now(),
            or_(Delegation.post_id.in_(posts), Delegation.to_person_id == person_id),
        )
        .values(ended_at=clock.now())
    )  # fmt: skip


def _write_list(made: Handover, posts: list[Post], tasks: list[Task]) -> list[int]:
    """The list, and who signs for it: whoever receives a task or was named for a post."""
    named = [post.successor_id for post in posts if post.successor_id is not None]
    people = db.session.scalars(select(Post.person_id).where(Post.id.in_(named))).all()
    receivers = sorted({*people, *(task.receiver_id for task in tasks if task.receiver_id is not None)})
    db.session.add_all(HandoverPost(handover_id=made.id, post_id=post.id) for post in posts)
    db.session.add_all(
        HandoverItem(handover_id=made.id, record_id=task.record_id, task=task.task, receiver_id=task.receiver_id) for task in tasks
    )
    db.session.add_all(HandoverReceiver(handover_id=made.id, person_id=receiver) for receiver in receivers)
    db.session.flush()
    return receivers


def handover(actor: Actor, handover_id: int) -> tuple[Handover, list[Post], list[HandoverReceiver]]:
    """A handover, its posts and receivers, for the receivers and for whoever could have made it. Invisible for others."""
    made = queries.handover_by_id(handover_id)
    if made is None:
        raise Invisible
    posts, receivers = queries.handed_posts(handover_id), queries.receivers_of(handover_id)
    roles = frozenset(Role(post.role) for post in posts)
    mine = made.made_by_id == actor.person_id or any(one.person_id == actor.person_id for one in receivers)
    if not mine and not any(allowed(actor, acts.HAND_OVER, on_post(post, roles)) for post in posts):
        raise Invisible
    return made, posts, receivers


def sign_for(actor: Actor, handover_id: int, confirm: Callable[[], None], authentication: str = "password") -> HandoverReceiver:
    """签收: a receiver says with his password that he has taken over what the list names. Signed already: Stale."""
    made, _posts, receivers = handover(actor, handover_id)
    mine = next((one for one in receivers if one.person_id == actor.person_id), None)
    if mine is None:
        raise Forbidden(_("只有接手人签收"))
    if mine.signed_at is not None:
        raise Stale(_("您已经签收过"))
    confirm()
    mine.signed_at, mine.authentication = clock.now(), authentication
    journal.record(actor, "sign_handover", "handover", made.id)
    return mine
