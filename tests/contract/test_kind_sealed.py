"""Of a confidential one neither title nor text is on any page of anybody outside its audience, at any step of its life."""

from __future__ import annotations

import re
from collections import Counter
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
    looked: dict[str, int] = {}
    for matter_id, step in along(world, sample, True):
        matter, sees = world.matter(matter_id), sight(world, people, matter_id)
        messages = Counter(person for person, _of_kind in told(world, matter_id).values())
        near |= sees.keys() | messages.keys()
        if matter.state in read_in:
            continue
        audience = {person for person in sees if sees[person]}
        assert audience, step
        if not read_in:  # what is looked for below is there for whoever may read it
            read = pages_of(house, sealed, matter, min(audience), with_its_own=True)
            shown = {house.at(sealed.register), house.page_of(matter)}
            assert all(TITLE in page for address, page in read if address in shown or "export" in address)
        read_in.add(matter.state)
        for person in near - audience:  # whoever has ever had to do with it; of the rest nothing is drawn from it at all
            if person not in sees and looked.get(person) == messages[person]:
                continue  # nothing of it, as before
            looked[person] = -1 if person in sees else messages[person]
            for address, page in pages_of(house, sealed, matter, person, with_its_own=person in sees):
                assert TITLE not in page, (step, person, address)
                assert TEXT not in page, (step, person, address)


def pages_of(house: House, kind: MatterKind, matter: Matter, person: str, *, with_its_own: bool) -> list[tuple[str, str]]:
    """All pages on which this person could meet it, and what they say."""
    register = house.at(kind.register)
    pages = [register, house.place(Purpose.DESK), house.place(Purpose.MESSAGES)]
    found = [(address, house.reads(person, address)) for address in pages]
    found.append(("search", house.finds(person, TITLE[2:6])))
    if with_its_own:
        found.append((house.page_of(matter), house.reads(person, house.page_of(matter))))
    for link in set(re.findall(r'href="([^"]*/export[^"]*)"', found[0][1])):
        answer = house.asks(person, link.replace("&amp;", "&"))
        with ZipFile(BytesIO(answer.get_data())) as book:
            found.append((link, "".join(book.read(name).decode() for name in book.namelist())))
    return found
