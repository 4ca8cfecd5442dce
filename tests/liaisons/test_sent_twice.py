"""A drive opened, and an answer accepted, by many hands at one moment, is so once."""

from __future__ import annotations

from datetime import timedelta

from portal.access.roles import Role
from portal.collections.models import Collection
from portal.kernel import clock
from portal.network.models import Post
from tests.liaisons.test_drives import answer, nomination_of, opened
from tests.matters.test_sent_twice import AT_ONCE, send_at_once
from tests.staffing.test_sent_twice import count
from tests.world import World


def test_units_are_asked_for_their_liaison_officers_once(world: World) -> None:
    form = {
        "title": "推荐联络员",
        "until": (clock.today() + timedelta(days=30)).isoformat(),
        "levels": "city",
        "kinds": "department",
        "unit": "330300",
    }
    answers = send_at_once(world, "city.secretariat", "network/drives/new", form)
    assert answers == {303: 1, 422: AT_ONCE - 1}, answers
    assert count(world, Collection.id, Collection.title == "推荐联络员") == 1


def test_whom_a_unit_names_is_appointed_once(world: World) -> None:
    opened(world)
    answer(world)
    answers = send_at_once(world, "city.secretariat", f"network/nominations/{nomination_of(world)}/accept", {"replace": "y"})
    assert answers == {303: 1, 409: AT_ONCE - 1}, answers
    assert count(world, Post.id, Post.person_id == world.people["nobody"], Post.role == Role.LIAISON_OFFICER) == 1
