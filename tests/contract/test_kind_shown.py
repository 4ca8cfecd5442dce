"""Along a life: whoever sees the matter finds it, whoever is asked can do what they are asked, and nobody else meets it anywhere."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from portal.access.models import Viewer
from portal.kernel.db import db
from portal.matters.kinds import MatterKind
from portal.matters.models import Matter
from portal.papers.steps import step_now
from portal.registry.messages import MESSAGES, Group
from portal.registry.navigation import Purpose
from portal.registry.tasks import TASKS
from tests.contract.looking import (
    House,
    along,
    assert_rebuilding_changes_nothing,
    buttons_on,
    everybody,
    sight,
    told,
    waits_for,
)
from tests.contract.samples import TITLE, Sample
from tests.world import World


def may_sign_now(world: World, matter_id: UUID) -> set[str]:
    """Who may sign the step that waits."""
    names = {person_id: name for name, person_id in world.people.items()}
    with world.work():
        now = step_now(matter_id)
        return {names[holder.person_id] for holder in now.people} if now is not None else set()


def test_the_index_of_viewers_is_what_the_rule_makes_and_its_tasks_are_known(
    world: World, kind: MatterKind, confidential: bool, sample: Sample
) -> None:
    for matter_id, step in along(world, sample, confidential):
        assert_rebuilding_changes_nothing(world)
        with world.work():
            rows = db.session.execute(select(Viewer.kind, Viewer.task, Viewer.open).where(Viewer.record_id == matter_id)).all()
        assert {row.kind for row in rows} == {kind.name}
        assert {row.task for row in rows} - {None} <= set(TASKS.names)
        assert all(row.open for row in rows if row.task), step


def test_whoever_is_to_sign_is_asked_and_what_anybody_is_told_opens_for_them(
    world: World, kind: MatterKind, confidential: bool, sample: Sample
) -> None:
    house, opened = House(world), set()
    for matter_id, step in along(world, sample, confidential):
        messages = told(world, matter_id)
        asked = {person for person, of_kind in messages.values() if MESSAGES[of_kind].group is Group.SIGNING}
        assert may_sign_now(world, matter_id) <= asked, step
        for message_id in messages.keys() - opened:
            person, of_kind = messages[message_id]
            answer = house.asks(person, house.at("notify.open_message", message_id=message_id), follow_redirects=True)
            assert answer.status_code == 200, (step, person, of_kind)
            assert answer.request.path == house.page_of(world.matter(matter_id)), (step, person, of_kind)
        opened |= messages.keys()
    assert opened


def test_whoever_sees_it_finds_it_with_all_its_buttons_and_a_stranger_nothing(
    world: World, kind: MatterKind, confidential: bool, sample: Sample
) -> None:
    house, people = House(world), everybody(world)
    shown_in, waited = set(), set()
    for matter_id, step in along(world, sample, confidential):
        matter, sees, waiting = world.matter(matter_id), sight(world, people, matter_id), waits_for(world, people, matter_id)
        assert waiting.keys() <= sees.keys(), step
        assert sample.stranger not in sees, step
        waited |= waiting.keys()
        for person in waiting:
            assert str(matter_id) in house.reads(person, house.place(Purpose.DESK)), (step, person)
        if matter.state not in shown_in:
            opens_with_its_buttons(house, matter, sees)
            is_nowhere_for(house, kind, matter, sample.stranger)
        shown_in.add(matter.state)
    for person in sees:
        assert str(matter_id) in house.reads(person, house.at(kind.register)), person
    assert {sample.supervisor, sample.handler} <= waited


def opens_with_its_buttons(house: House, matter: Matter, sees: dict[str, bool]) -> None:
    """Its page for each of them, and what its buttons lead to, for the first to whom it is offered."""
    tried = set()
    for person in sees:
        found = buttons_on(house.reads(person, house.page_of(matter)))
        for button in found - tried:
            house.reads(person, button)
        tried |= found


def is_nowhere_for(house: House, kind: MatterKind, matter: Matter, stranger: str) -> None:
    """Neither its page nor any list."""
    assert house.asks(stranger, house.page_of(matter)).status_code == 404
    lists = [house.reads(stranger, address) for address in (house.place(Purpose.DESK), house.at(kind.register))]
    for shown in (*lists, house.finds(stranger, TITLE[2:6])):
        assert str(matter.id) not in shown, matter.state
        assert TITLE not in shown, matter.state
