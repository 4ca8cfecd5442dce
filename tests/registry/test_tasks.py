"""What can wait for somebody: registered with its words and its posts, in the order of the desk."""

from __future__ import annotations

from dataclasses import replace

import pytest

from portal.access.models import Viewer
from portal.access.roles import Role
from portal.features import FEATURES
from portal.kernel.db import db
from portal.registry.feature import Feature, refuse_contradictions, refuse_dead_ends
from portal.registry.registered import Unregistrable
from portal.registry.tasks import TASKS
from tests.world import World


def test_the_tasks_stand_in_the_order_of_the_desk() -> None:
    assert TASKS.names == ("assign", "name_handler", "acknowledge", "work", "rework", "sign", "review", "decide_extension")
    assert {Role(role) for task in TASKS for role in task.roles} <= set(Role)


def test_a_task_that_another_feature_has_or_that_comes_to_nobody_is_refused() -> None:
    sign = TASKS["sign"]
    with pytest.raises(Unregistrable, match="bells: the task sign is registered by matters already"):
        refuse_contradictions((*FEATURES, Feature(name="bells", tasks=(sign,))))
    with pytest.raises(Unregistrable, match="bells: the task ring can come to no role"):
        refuse_contradictions((*FEATURES, Feature(name="bells", tasks=(replace(sign, name="ring", roles=()),))))


def test_a_task_that_comes_to_no_role_there_is_stops_the_start() -> None:
    ring = replace(TASKS["sign"], name="ring", roles=("bell_ringer",))
    with pytest.raises(Unregistrable, match="bells: the task ring comes to bell_ringer, which is no role"):
        refuse_dead_ends([Feature(name="bells", tasks=(ring,))], set(), set(Role))


def test_every_task_that_the_index_holds_is_registered(world: World) -> None:
    world.assign(world.register())
    world.at_work()
    with world.work():
        held = set(db.session.query(Viewer.task).filter(Viewer.task.is_not(None)).distinct().all())
    assert held and {task for (task,) in held} <= set(TASKS.names)
