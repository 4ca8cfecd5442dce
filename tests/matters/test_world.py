"""The world's own shortcuts walk a matter through its whole life by the service."""

from __future__ import annotations

from portal.deadlines.rules import SourceLevel
from tests.world import World


def test_a_city_matter_walks_to_review(world: World) -> None:
    matter_id = world.under_review()
    assert world.matter(matter_id).state == "under_review"


def test_a_provincial_matter_needs_three_signers(world: World) -> None:
    matter_id = world.at_work(level=SourceLevel.PROVINCE)
    report_id = world.submit(matter_id)
    world.sign(report_id, "health.director", "health.deputy")
    assert world.matter(matter_id).state == "in_sign_off"
    world.sign(report_id, "health.leader")
    assert world.matter(matter_id).state == "under_review"


def test_a_confidential_matter_goes_to_one_handler(world: World) -> None:
    matter_id = world.assign(world.register(confidential=True), handler="health.handler")
    assert world.matter(matter_id).content.handler_id == world.people["health.handler"]
