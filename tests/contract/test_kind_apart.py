"""Cities are apart: nobody of another one sees anything of a matter, under whatever name they sign in there."""

from __future__ import annotations

from collections.abc import Callable

from portal.matters.kinds import MatterKind
from portal.registry.navigation import Purpose
from tests.contract.looking import House, along, everybody, sight, told
from tests.contract.samples import TITLE, Sample
from tests.world import World


def test_another_city_sees_nothing_of_it(world: World, new_world: Callable[[], World], kind: MatterKind, sample: Sample) -> None:
    other = new_world()
    house, people = House(other), everybody(other)
    for matter_id, _step in along(world, sample):
        assert sight(other, people, matter_id) == {}
    page = house.page_of(world.matter(matter_id))
    [message, *_more] = told(world, matter_id)
    for person in (sample.supervisor, sample.handler):
        assert house.asks(person, page).status_code == 404
        assert house.asks(person, house.at("notify.open_message", message_id=message)).status_code == 404
        lists = (house.place(Purpose.DESK), house.at(kind.register), house.place(Purpose.MESSAGES))
        for shown in (*(house.reads(person, address) for address in lists), house.finds(person, TITLE[2:6])):
            assert str(matter_id) not in shown
            assert TITLE not in shown
