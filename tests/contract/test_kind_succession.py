"""Units end and people leave while a matter is open: it goes on with the heir, and with the desk of the unit that has it."""

from __future__ import annotations

from uuid import UUID

from portal.access.roles import LEADERS, Role
from portal.kernel.db import db
from portal.matters.chain import IN_HAND
from portal.matters.kinds import MatterKind
from portal.matters.models import State
from portal.network.models import ChangeKind, Kind, Level, Unit
from portal.staffing.service.leaving import hand_over
from tests.contract.looking import (
    House,
    assert_rebuilding_changes_nothing,
    everybody,
    one_at_each_step,
    sight,
    told,
    waits_for,
)
from tests.contract.samples import Sample
from tests.network.test_changes import do, found, post_in
from tests.world import PEOPLE, World

DESK = (Role.LIAISON_OFFICER, Role.OFFICE_DIRECTOR)


def founded_beside(world: World, unit_id: int) -> tuple[str, list[int]]:
    """The unit's key, and its posts that come along when it is merged into `heir`, which is founded here: of the same kind, with
    `nobody` for its liaison officer, and for its leaders those whom the unit has, as whoever has to agree has agreed."""
    with world.work():
        unit = db.session.get(Unit, unit_id)
        assert unit is not None
        kind, level, parent_id = Kind(unit.kind), Level(unit.level), unit.parent_id
    keys = {known: key for key, known in world.units.items()}
    assert parent_id is not None
    found(world, "heir", keys[parent_id], "承接单位", kind, level)
    post_in(world, Role.LIAISON_OFFICER, "nobody", "heir")
    coming = []
    for name, held in PEOPLE.items():
        for key, role in held:
            if world.units[key] == unit_id and role in LEADERS:
                post_in(world, role, name, "heir")
            elif world.units[key] == unit_id and role != Role.LIAISON_OFFICER:
                coming.append(world.posts[name])
    return keys[unit_id], coming


def lead_of(world: World, matters: list[UUID]) -> int:
    """The unit that leads those of them that have been assigned."""
    [unit_id] = {matter.lead_unit_id for matter in map(world.matter, matters) if matter.state != State.REGISTERED}
    assert unit_id is not None
    return unit_id


def test_whatever_is_open_goes_on_with_the_heir_of_the_unit_that_leads_it(world: World, kind: MatterKind, sample: Sample) -> None:
    matters = one_at_each_step(world, sample)
    assigned = [matter_id for matter_id in matters if world.matter(matter_id).state != State.REGISTERED]
    unit_id = lead_of(world, matters)
    gone, coming = founded_beside(world, unit_id)
    states = {matter_id: world.matter(matter_id).state for matter_id in assigned}
    do(world, ChangeKind.MERGE, gone, into_id=world.units["heir"], moving=coming)
    house, people = House(world), everybody(world)
    desk = house.reads("nobody", house.at(kind.register))
    for matter_id in assigned:
        matter = world.matter(matter_id)
        assert (matter.state, matter.lead_unit_id) == (states[matter_id], world.units["heir"])
        assert "nobody" in sight(world, people, matter_id), matter.state
        assert str(matter_id) in desk, matter.state
    assert_rebuilding_changes_nothing(world)


def test_what_a_handler_leaves_is_with_the_desk_of_their_unit_who_are_told(world: World, kind: MatterKind, sample: Sample) -> None:
    matters = one_at_each_step(world, sample)
    handled = [one for one in matters if world.matter(one).content.handler_id == world.people[sample.handler]]  # type: ignore[union-attr]
    assert handled
    unit_id, before = lead_of(world, matters), {one: told(world, one).keys() for one in handled}
    with world.work("city.secretariat"):
        hand_over(world.actor("city.secretariat"), world.people[sample.handler], {world.posts[sample.handler]: None}, reason="调离")
    people = everybody(world)
    desk = {name for name, actor in people.items() for held in actor.standings if held.for_unit_id == unit_id and held.role in DESK}
    assert desk
    house = House(world)
    for matter_id in handled:
        state = world.matter(matter_id).state
        new = {person for message_id, (person, _of) in told(world, matter_id).items() if message_id not in before[matter_id]}
        assert desk <= new, state
        sees = sight(world, people, matter_id)
        assert sample.handler not in sees, state
        assert desk <= sees.keys(), state
        if state in IN_HAND:
            assert desk <= waits_for(world, people, matter_id).keys(), state
    for person in desk:
        shown = house.reads(person, house.at(kind.register))
        assert [one for one in handled if str(one) not in shown] == []
    assert_rebuilding_changes_nothing(world)
