"""Of a confidential one neither title nor text is on any page of anybody outside its audience, at any step of its life."""

from __future__ import annotations

import re
from io import BytesIO
from zipfile import ZipFile

from portal.matters.kinds import MatterKind
from portal.matters.models import Matter
from portal.registry.navigation import Purpose
from tests.contract.looking import House, along, everybody, sight, told
from tests.contract.samples import SAMPLES, TEXT, TITLE
from tests.world import World


def test_its_words_are_read_by_its_audience_alone(world: World, sealed: MatterKind) -> None:
    sample = SAMPLES[sealed.name]
    house, people = House(world), everybody(world)
    near, read_in = {sample.stranger, sample.handler, sample.supervisor}, set()
    for matter_id, step in along(world, sample, True):
        matter, sees = world.matter(matter_id), sight(world, people, matter_id)
        near |= sees.keys() | {person for person, _of_kind in told(world, matter_id).values()}
        if matter.state in read_in:
            continue
        read_in.add(matter.state)
        audience = {person for person in sees if sees[person]}
        assert audience, step
        assert TITLE in house.reads(min(audience), house.page_of(matter)), step
        for person in near - audience:  # whoever has ever had to do with it; of the rest nothing is drawn from it at all
            for address, page in pages_of(house, sealed, matter, person, shell=person in sees):
                assert TITLE not in page, (step, person, address)
                assert TEXT not in page, (step, person, address)


def pages_of(house: House, kind: MatterKind, matter: Matter, person: str, *, shell: bool) -> list[tuple[str, str]]:
    """All pages on which this person could meet it, and what they say."""
    register = house.at(kind.register)
    pages = [register, house.place(Purpose.DESK), house.place(Purpose.MESSAGES), house.place(Purpose.SEARCH, q=TITLE[2:6])]
    found = [(address, house.reads(person, address)) for address in pages]
    if shell:
        found.append(("its page", house.reads(person, house.page_of(matter))))
    for link in set(re.findall(r'href="([^"]*/export[^"]*)"', found[0][1])):
        answer = house.asks(person, link.replace("&amp;", "&"))
        with ZipFile(BytesIO(answer.get_data())) as book:
            found.append((link, "".join(book.read(name).decode() for name in book.namelist())))
    return found
