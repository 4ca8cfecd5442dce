"""The page of a person: posts past and present, how he is reached, who stands in, when he is away."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import Response, url_for

from portal.access.actor import Actor
from portal.access.policy import allowed
from portal.access.roles import OFFICERS, Role, post_name
from portal.kernel import clock
from portal.kernel.language import _
from portal.kernel.refusals import Invisible
from portal.network.acts import KEEP_CONTACT, KEEP_PEOPLE, READ_NETWORK
from portal.network.models import Delegation, Post
from portal.network.service.being_away import absences, span_words
from portal.registry.acts import Lent
from portal.staffing import queries
from portal.staffing.acts import HAND_OVER
from portal.staffing.models import Contact
from portal.staffing.routes import HIGHEST_ID, blueprint
from portal.staffing.rules import on_post
from portal.web.guards import allows, current_actor
from portal.web.navigation import Button
from portal.web.responses import page


@dataclass(frozen=True, slots=True)
class _Post:
    """A post as it is listed. `lamp` is its kind: held, to come, over."""

    role: Any
    unit: str
    unit_url: str
    span: tuple[date, date | None]
    reason: str | None
    state: str
    lamp: str
    acts: tuple[Button, ...]


@dataclass(frozen=True, slots=True)
class _Reached:
    """How a liaison officer is reached, with what there is to say of it."""

    unit: str
    contact: Contact | None
    unconfirmed: bool
    url: str | None


@dataclass(frozen=True, slots=True)
class _Lent:
    """A delegation as it is listed."""

    mine: bool
    person: str
    person_url: str
    post: str
    acts: tuple[Any, ...]
    until: date
    set_by_other: bool
    end_url: str | None


@blueprint.get(f"/network/people/<int(max={HIGHEST_ID}):person_id>")
@allows(READ_NETWORK)
def person(person_id: int) -> Response:
    """One person."""
    found = queries.person_by_id(person_id)
    if found is None:
        raise Invisible
    actor = current_actor()
    rows = queries.posts_of(person_id)
    live = [post for post, _contact in rows if not queries.over(post)]
    posts = [_post(actor, post) for post, _contact in rows]
    return page(
        "staffing/person.html",
        person=found,
        himself=person_id == actor.person_id,
        posts=posts,
        keeps=any(post.acts for post in posts),
        reached=[_reached(actor, post, kept) for post, kept in rows if post.role == Role.LIAISON_OFFICER and queries.held(post)],
        lent=[_lent(actor, made, person_id) for made in queries.lent_by_or_to(person_id)],
        away=[(span_words(one), one.note) for one in absences([person_id], clock.today(), date.max)],
        handovers=_handovers(actor, person_id, [post for post, _contact in rows]),
        hand_over_url=url_for("staffing.hand_over", person_id=person_id) if _may_hand_over(actor, person_id, live) else None,
        delegations_url=url_for("network.delegations"),
    )


def _post(actor: Actor, post: Post) -> _Post:
    if queries.over(post):
        state, lamp = _("已离任"), "done"
    elif post.from_on > clock.today():
        state, lamp = _("尚未到任"), "done"
    elif post.to_on is not None:
        state, lamp = _("在任，将离任"), "soon"
    else:
        state, lamp = _("在任"), "ok"
    acts: list[Button] = []
    keeps = post.role not in OFFICERS and post.person_id != actor.person_id and allowed(actor, KEEP_PEOPLE, post.unit)
    if keeps and not queries.over(post):
        acts.append(Button(url_for("staffing.end_post", post_id=post.id), _("离任")))
        if queries.held(post):
            acts.append(Button(url_for("staffing.lend_for", post_id=post.id), _("代设委托")))
    return _Post(
        Role(post.role).label, post.unit.name, url_for("network.unit", unit_id=post.unit_id), (post.from_on, post.to_on),
        post.end_reason or post.reason, state, lamp, tuple(acts),
    )  # fmt: skip


def _reached(actor: Actor, post: Post, kept: Contact | None) -> _Reached:
    may = allowed(actor, KEEP_CONTACT, on_post(post))
    url = url_for("staffing.contact", post_id=post.id) if may else None
    return _Reached(post.for_unit.name, kept, queries.unconfirmed(kept, queries.expected_since()), url)


def _lent(actor: Actor, made: Delegation, person_id: int) -> _Lent:
    mine = made.post.person_id == person_id
    other = made.to_person if mine else made.post.person
    kept = allowed(actor, KEEP_PEOPLE, made.post.unit)
    own = made.post.person_id == actor.person_id
    return _Lent(
        mine, other.name, url_for("staffing.person", person_id=other.id),
        post_name(made.post.unit.name, Role(made.post.role)),
        tuple(Lent(kind).label for kind in made.acts if kind != Lent.ALL),
        clock.local(made.to_at - timedelta(seconds=1)).date(), made.set_by_id is not None,
        url_for("staffing.end_lent", delegation_id=made.id) if mine and kept and not own else None,
    )  # fmt: skip


def _may_hand_over(actor: Actor, person_id: int, live: list[Post]) -> bool:
    roles = frozenset(Role(post.role) for post in live)
    if not live or person_id == actor.person_id or roles & OFFICERS:
        return False
    return all(allowed(actor, HAND_OVER, on_post(post, roles)) for post in live)


def _handovers(actor: Actor, person_id: int, posts: list[Post]) -> list[tuple[str, Any]]:
    if not any(allowed(actor, KEEP_PEOPLE, post.unit) for post in posts):
        return []
    return [(url_for("staffing.handover", handover_id=one.id), one.at) for one in queries.handovers_of(person_id)]
