"""What a matter's page says before anything is pressed: whose turn it is, what may be done, whom an urging reaches."""

from __future__ import annotations

import re
from uuid import UUID

from flask.testing import FlaskClient

from tests.at_the_door import flat
from tests.matters.test_pages import get
from tests.world import World


def _told(world: World, client: FlaskClient, matter_id: UUID) -> dict[str, str]:
    page = get(world, client, f"matters/{matter_id}/urge").get_data(as_text=True)
    return dict(re.findall(r"<dt>(将送[^<]*)</dt><dd>([^<]*)</dd>", flat(page)))


def _name(world: World, person: str) -> str:
    with world.work():
        return world.actor(person).name


def test_the_form_of_urging_says_who_will_be_told(world: World) -> None:
    client, handler = world.browser("city.supervisor"), _name(world, "health.handler")
    matter_id = world.assign(world.register())
    assert _told(world, client, matter_id) == {"将送": "主办单位联络员、办公室主任"}
    world.progress(world.acknowledge(world.name_handler(matter_id)))
    assert _told(world, client, matter_id) == {"将送承办人": handler}
    world.submit(matter_id)
    signer = _name(world, "health.director")
    assert _told(world, client, matter_id) == {"将送承办人": handler, "将送签批人": signer}


def test_to_whom_a_confidential_one_is_urged_is_not_said_by_name(world: World) -> None:
    matter_id = world.assign(world.register(confidential=True), handler="health.handler")
    page = get(world, world.browser("city.head"), f"matters/{matter_id}/urge").get_data(as_text=True)
    assert "承办人，姓名不向您显示" in page and _name(world, "health.handler") not in page


def test_of_many_acts_the_rarer_ones_are_folded_away(world: World) -> None:
    matter_id = world.at_work()
    page = get(world, world.browser("city.supervisor"), f"matters/{matter_id}").get_data(as_text=True)
    folded = re.search(r'<details class="menu more">(.*?)</details>', page, re.S)
    assert folded
    assert [word for word in ("改派", "撤销", "改为限定知悉", "交办单", "更正") if f">{word}</a>" in folded[1]] == [
        "改派",
        "撤销",
        "改为限定知悉",
    ]
    assert "menu more" not in get(world, world.browser("health.handler"), f"matters/{matter_id}").get_data(as_text=True)


def test_whose_turn_it_is_is_said_to_himself(world: World) -> None:
    matter_id = world.at_work()
    turn = "轮到 <strong>您</strong> 办理并报结"
    assert turn in get(world, world.browser("health.handler"), f"matters/{matter_id}").get_data(as_text=True)
    assert turn not in get(world, world.browser("city.supervisor"), f"matters/{matter_id}").get_data(as_text=True)
    world.submit(matter_id)
    page = get(world, world.browser("health.director"), f"matters/{matter_id}").get_data(as_text=True)
    assert "轮到 <strong>您</strong> 核稿" in page
