"""Whoever holds the seat no longer when the signature is written signs nothing, though the page was drawn for them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from threading import Thread
from uuid import UUID

import pytest
from sqlalchemy import func, select

from portal.access.actor import SYSTEM
from portal.access.visibility import as_seen_by
from portal.kernel import clock
from portal.kernel.db import db
from portal.kernel.refusals import Forbidden
from portal.matters.queries import get_matter
from portal.matters.service import reporting
from portal.network.models import Post
from portal.network.service import delegating
from portal.papers.models import Signature
from tests.world import World


def signed_while(world: World, name: str, report_id: UUID, matter_id: UUID, meanwhile: Callable[[], None]) -> None:
    """They sign; what happens meanwhile is done by somebody else while the password is looked at."""

    def by_another() -> None:
        other = Thread(target=meanwhile)
        other.start()
        other.join()

    with world.work(name):
        now = get_matter(world.actor(name), matter_id).step_now
    with world.work(name):
        shown = {"step": now.step.number, "digest": now.sign_off.digest}
        reporting.sign(world.actor(name), report_id, confirm=by_another, **shown)


def signatures(world: World, matter_id: UUID) -> int:
    with world.work():
        found = select(func.count()).select_from(Signature).where(Signature.record_id == matter_id)
        return db.session.scalar(found.options(as_seen_by(SYSTEM))) or 0


def test_a_post_that_ends_while_the_password_is_looked_at_signs_nothing(world: World) -> None:
    matter_id = world.at_work()
    report_id = world.submit(matter_id)

    def ends() -> None:
        with world.work():
            db.session.get_one(Post, world.posts["health.director"]).to_on = clock.today()

    with pytest.raises(Forbidden):
        signed_while(world, "health.director", report_id, matter_id, ends)
    assert signatures(world, matter_id) == 0


def test_nor_does_a_stand_in_whose_delegation_is_taken_back(world: World) -> None:
    matter_id = world.at_work()
    report_id = world.submit(matter_id)
    with world.work("health.director"):
        post, stand_in = world.posts["health.director"], world.people["finance.director"]
        until = clock.now() + timedelta(days=3)
        lent = delegating.delegate(world.actor("health.director"), post, stand_in, clock.now(), until, True).id

    def ends() -> None:
        with world.work("health.director"):
            delegating.end_delegation(world.actor("health.director"), lent)

    with pytest.raises(Forbidden):
        signed_while(world, "finance.director", report_id, matter_id, ends)
    assert signatures(world, matter_id) == 0
