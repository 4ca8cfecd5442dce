"""A person with two posts never meets himself in a chain: whoever signed one step signs no other."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from portal.kernel import clock
from portal.kernel.db import db
from portal.kernel.refusals import Forbidden, Invalid
from portal.matters import queries
from portal.matters.reseat import refresh_waiting_steps
from portal.network.models import Post
from portal.network.service.delegating import delegate
from tests.world import World


def _takes_post_of(world: World, person: str, former: str, *, former_leaves: bool) -> None:
    """The person holds the seat too; its holder stays beside him or leaves."""
    with world.work():
        post = db.session.get(Post, world.posts[former])
        assert post is not None
        db.session.add(
            Post(
                person_id=world.people[person],
                unit_id=post.unit_id,
                for_unit_id=post.for_unit_id,
                role=post.role,
                from_on=clock.today(),
            )
        )
        if former_leaves:
            post.to_on = clock.today()


def _signs(world: World, report_id: UUID, person: str) -> None:
    world.sign(report_id, person)


def test_who_checked_is_not_asked_to_issue_in_his_second_post(world: World) -> None:
    matter_id = world.at_work()
    report_id = world.submit(matter_id)
    _takes_post_of(world, "health.director", "health.deputy", former_leaves=False)
    _signs(world, report_id, "health.director")
    with world.work("health.director"):
        waiting = queries.get_matter(world.actor("health.director"), matter_id).step_now
        assert [one.person_id for one in waiting.people] == [world.people["health.deputy"]]
    with pytest.raises(Forbidden, match="同一份材料不能由一个人签两步"):
        _signs(world, report_id, "health.director")
    _signs(world, report_id, "health.deputy")
    assert world.matter(matter_id).state == "under_review"


def test_nor_as_the_stand_in_of_whoever_holds_the_other_seat(world: World) -> None:
    report_id = world.submit(world.at_work())
    with world.work("health.deputy"):
        delegate(
            world.actor("health.deputy"),
            world.posts["health.deputy"],
            world.people["health.director"],
            clock.now(),
            clock.now() + timedelta(days=3),
            True,
        )
    _signs(world, report_id, "health.director")
    with pytest.raises(Forbidden, match="同一份材料不能由一个人签两步"):
        _signs(world, report_id, "health.director")


def test_the_chain_stops_where_he_alone_holds_the_seat_and_says_why(world: World) -> None:
    matter_id = world.at_work()
    report_id = world.submit(matter_id)
    _takes_post_of(world, "health.director", "health.deputy", former_leaves=True)
    _signs(world, report_id, "health.director")
    with world.work():
        refresh_waiting_steps()
    with pytest.raises(Forbidden, match="同一份材料不能由一个人签两步"):
        _signs(world, report_id, "health.director")
    page = world.browser("health.director").get(world.url(f"matters/{matter_id}")).get_data(as_text=True)
    assert "已签过另一步，须由他人签" in page
    with world.work("health.director"):  # a stand-in of his goes on
        actor = world.actor("health.director")
        post = next(s.post_id for s in actor.standings if s.role == "deputy_leader")
        delegate(actor, post, world.people["health.leader"], clock.now(), clock.now() + timedelta(days=3), True)
    _signs(world, report_id, "health.leader")
    assert world.matter(matter_id).state == "under_review"


def test_a_chain_that_only_one_person_could_sign_is_not_submitted(world: World) -> None:
    matter_id = world.at_work()
    _takes_post_of(world, "health.director", "health.deputy", former_leaves=True)
    with pytest.raises(Invalid, match="核稿、签发现在只有"):
        world.submit(matter_id)
    assert world.matter(matter_id).state == "in_progress"


def test_the_stand_in_is_told_that_he_signs_for_another(world: World) -> None:
    matter_id = world.at_work()
    report_id = world.submit(matter_id)
    _signs(world, report_id, "health.director")
    with world.work("health.deputy"):
        delegate(
            world.actor("health.deputy"),
            world.posts["health.deputy"],
            world.people["health.liaison"],
            clock.now(),
            clock.now() + timedelta(days=3),
            True,
        )
    page = world.browser("health.liaison").get(world.url(f"reports/{report_id}")).get_data(as_text=True)
    assert "委托代签，签名后注明（代）" in page
    assert page.count("（代）") > 1  # the chain and the first line mark him too
