"""The life of an errand, for the contract: once with a paper, sent back for more, then handed in without one."""

from __future__ import annotations

from uuid import UUID

from portal.matters.models import State
from portal.matters.service import assigning, handling, reviewing
from tests.contract.errands import service
from tests.contract.errands.rules import ERRAND
from tests.contract.samples import SAMPLES, TEXT, TITLE, Sample, signature, step, submission, words
from tests.world import World


def register(world: World, confidential: bool) -> UUID:
    """It comes into the city's register."""
    with world.work("city.supervisor"):
        said = service.NewErrand(TITLE, TEXT, "桥头镇", confidential=confidential)
        return service.register(world.actor("city.supervisor"), said).id


def _assignment(world: World, _matter_id: UUID) -> assigning.Assignment:
    return assigning.Assignment(lead_unit=world.unit("health"))


def _naming(world: World, _matter_id: UUID) -> assigning.Naming:
    return assigning.Naming(post_id=world.posts["health.handler"])


def _progress(_world: World, _matter_id: UUID) -> handling.Progress:
    return handling.Progress(words="已到现场看过。")


def _return(_world: World, _matter_id: UUID) -> reviewing.Return:
    return reviewing.Return(failed=("done",), words="还没有办成。")


SAMPLES[ERRAND] = Sample(
    ERRAND,
    register=register,
    life=(
        step("assign", "city.supervisor", State.ASSIGNED, _assignment),
        step("name_handler", "health.liaison", State.ASSIGNED, _naming),
        step("acknowledge", "health.handler", State.ACKNOWLEDGED),
        step("progress", "health.handler", State.IN_PROGRESS, _progress),
        submission("health.handler"),
        signature("issue", "health.director", State.UNDER_REVIEW),
        step("return_for_rework", "city.supervisor", State.IN_PROGRESS, _return),
        step("hand_in", "health.handler", State.UNDER_REVIEW, words("已办成。")),
        step("close", "city.supervisor", State.CLOSED, words()),
    ),
    stranger="finance.handler",
    handler="health.handler",
    supervisor="city.supervisor",
)
