"""The units of the acceptance rows, beside those of the small named world: 永嘉县's bureaus and 瑞安市 with a town below it."""

from __future__ import annotations

from datetime import date

import pytest

from portal.access.roles import Role
from portal.identity.models import Person
from portal.kernel import clock
from portal.kernel.db import db
from portal.network.models import Kind, Level, Post, Unit
from tests.at_the_door import PASSWORD, stored
from tests.world import World

# key: (parent, name, code, level, kind, mark)
UNITS: dict[str, tuple[str, str, str, Level, Kind, str | None]] = {
    "edu": ("county", "永嘉县教育局", "330324-17", Level.COUNTY, Kind.DEPARTMENT, "永嘉教"),
    "science": ("county", "永嘉县科学技术局", "330324-18", Level.COUNTY, Kind.DEPARTMENT, "永嘉科"),
    "police": ("county", "永嘉县公安局", "330324-19", Level.COUNTY, Kind.DEPARTMENT, "永嘉公"),
    "ruian": ("city", "瑞安市", "330381", Level.COUNTY, Kind.PARTY_COMMITTEE, "瑞安委"),
    "ruian_supervision": ("ruian", "瑞安市委督查室", "330381-DC", Level.COUNTY, Kind.SUPERVISION_OFFICE, None),
    "ruian_office": ("ruian", "瑞安市委办公室", "330381-BG", Level.COUNTY, Kind.GENERAL_OFFICE, None),
    "tangxia": ("ruian", "塘下镇", "330381101", Level.TOWNSHIP, Kind.TOWNSHIP, "塘"),
    "mayu": ("ruian", "马屿镇", "330381102", Level.TOWNSHIP, Kind.TOWNSHIP, "马"),
}
_DESK = {
    "liaison": Role.LIAISON_OFFICER,
    "handler": Role.HANDLER,
    "director": Role.OFFICE_DIRECTOR,
    "deputy": Role.DEPUTY_LEADER,
    "leader": Role.PRINCIPAL_LEADER,
}
POSTS = {
    **{f"{unit}.{word}": (unit, role) for unit in ("edu", "science", "police", "tangxia", "mayu") for word, role in _DESK.items()},
    "ruian.supervisor": ("ruian_supervision", Role.SUPERVISOR),
    "ruian.head": ("ruian_supervision", Role.SUPERVISION_HEAD),
    "ruian.liaison": ("ruian_office", Role.LIAISON_OFFICER),
    "ruian.handler": ("ruian_office", Role.HANDLER),
    "ruian.director": ("ruian_office", Role.OFFICE_DIRECTOR),
}


@pytest.fixture
def office(world: World) -> World:
    """The small named world with these units and posts too; the offices bear their full names."""
    with world.work():
        for key, name in (("city_supervision", "温州市委督查室"), ("county_supervision", "永嘉县委督查室")):
            world.unit(key).name = name
        for key, (parent, name, code, level, kind, mark) in UNITS.items():
            above = world.unit(parent)
            unit = Unit(
                code=code, name=name, short_name=name, level=level, kind=kind, document_prefix=mark, parent_id=above.id, path=[]
            )
            db.session.add(unit)
            db.session.flush()
            unit.path = [*above.path, unit.id]
            world.units[key] = unit.id
        for number, (who, (key, role)) in enumerate(POSTS.items()):
            person = Person(
                sign_in_name=who, name=f"王{chr(0x4E00 + number)}", password_hash=stored(PASSWORD), created_at=clock.now()
            )
            db.session.add(person)
            db.session.flush()
            unit = world.unit(key)
            post = Post(person_id=person.id, unit_id=unit.id, for_unit_id=unit.acts_for_id, role=role, from_on=date(2020, 1, 1))
            db.session.add(post)
            db.session.flush()
            world.people[who], world.posts[who] = person.id, post.id
    return world
