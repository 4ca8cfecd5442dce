"""Whoever may sign the step that waits has been asked, once, whatever changed the seat; and nobody else may."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.access.actor import SYSTEM
from portal.access.roles import Role
from portal.kernel import clock
from portal.kernel.db import db
from portal.matters.reseat import refresh_waiting_steps
from portal.matters.service.on_post_end import pass_on
from portal.network.models import ChangeKind, Post
from portal.network.service.delegating import delegate, end_delegation
from portal.notify.models import Message
from portal.papers.steps import step_now
from tests.network.test_changes import do, post_in
from tests.world import World


def _ends(world: World, person: str) -> Post:
    post = db.session.get(Post, world.posts[person])
    assert post is not None
    post.to_on = clock.today()
    db.session.flush()
    return post


def _lends(world: World, person: str, to: str) -> int:
    with world.work(person):
        until = clock.now() + timedelta(days=3)
        return delegate(world.actor(person), world.posts[person], world.people[to], clock.now(), until, False).id


def appointed(world: World) -> None:
    post_in(world, Role.OFFICE_DIRECTOR, "nobody", "health")


def left(world: World) -> None:
    post_in(world, Role.OFFICE_DIRECTOR, "nobody", "health")
    with world.work():
        pass_on(SYSTEM, None, _ends(world, "health.director"))


def left_vacant_and_filled(world: World) -> None:
    with world.work():
        pass_on(SYSTEM, None, _ends(world, "health.director"))
    post_in(world, Role.OFFICE_DIRECTOR, "nobody", "health")


def lent(world: World) -> None:
    _lends(world, "health.director", "health.liaison")


def lent_and_back(world: World) -> None:
    delegation_id = _lends(world, "health.director", "health.liaison")
    _sweep(world)
    with world.work("health.director"):
        end_delegation(world.actor("health.director"), delegation_id)


def merged(world: World) -> None:
    do(world, ChangeKind.MERGE, "health", into_id=world.units["finance"], moving=[])


def moved(world: World) -> None:
    seats = [world.posts[f"health.{word}"] for word in ("liaison", "handler", "director", "deputy", "leader")]
    do(world, ChangeKind.MERGE, "health", into_id=world.units["finance"], moving=seats)


def _sweep(world: World) -> int:
    with world.work():
        return refresh_waiting_steps()


@pytest.mark.parametrize("swept", [False, True], ids=["at-once", "swept"])
@pytest.mark.parametrize("change", [appointed, left, left_vacant_and_filled, lent, lent_and_back, merged, moved])
def test_whoever_may_sign_was_asked(world: World, change: Callable[[World], None], swept: bool) -> None:
    matter_id = world.at_work()
    world.submit(matter_id)
    change(world)
    if swept:
        _sweep(world)
        assert _sweep(world) == 0
    with world.work():
        now = step_now(matter_id)
        assert now is not None and now.people
        asked = list(db.session.scalars(select(Message.person_id).where(Message.record_id == matter_id, Message.kind == "to_sign")))
        assert now.written.keys() <= set(asked), "nobody was written down without being asked"
        assert len(asked) == len(set(asked)), "nobody was asked twice"
        assert not swept or not now.changed
