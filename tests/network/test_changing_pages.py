"""The form of each change, its list of effects, and the act itself, as a browser sends them."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from portal.kernel import clock
from tests.network.test_changes import found, unit
from tests.world import World

KINDS = ("found", "rename", "move", "merge", "split", "retire")


def send(world: World, client: FlaskClient, key: str, kind: str, step: str = "do", **fields: Any) -> Any:
    path = world.url(f"network/units/{world.units[key]}/{kind}")
    data = {"csrf_token": world.token(client), "from_on": clock.today().isoformat(), "reason": "编办〔2026〕3号", "step": step}
    return client.post(path, data=data | fields)


def test_a_merge_is_looked_at_and_then_done(world: World) -> None:
    found(world, "township2", "county", "岩头镇")
    client = world.browser("city.secretariat")
    form = client.get(world.url(f"network/units/{world.units['township']}/merge")).get_data(as_text=True)
    assert form.count('name="moving"') == 5
    assert form.count("checked") == 5
    fields = {"into": "岩头镇 (N-township2)", "moving": [str(world.posts["township.liaison"])], "version": "1"}
    looked = send(world, client, "township", "merge", "", **fields).get_data(as_text=True)
    assert "撤销，并入“岩头镇”" in looked
    assert looked.count("岗位到期结束") == 4
    assert unit(world, "township").retired_on is None
    assert send(world, client, "township", "merge", **fields).status_code == 303
    page = client.get(world.url(f"network/units/{world.units['township']}")).get_data(as_text=True)
    assert "桥头镇 并入 岩头镇" in page
    assert "编办〔2026〕3号" in page
    assert send(world, client, "township", "merge", **fields).status_code in (409, 422)


def test_a_unit_that_is_retired_must_name_who_takes_over_and_the_page_says_so(world: World) -> None:
    found(world, "township2", "county", "岩头镇")
    client = world.browser("city.secretariat")
    form = client.get(world.url(f"network/units/{world.units['township']}/retire")).get_data(as_text=True)
    label = re.search(r'<label[^>]*for="heir".*?</label>', form, re.S)
    assert label is not None and "选填" not in label[0]
    looked = send(world, client, "township", "retire", "", heir="岩头镇 (N-township2)", version="1").get_data(as_text=True)
    assert "撤销，由“岩头镇”承接" in looked


def test_a_matter_shows_the_name_that_its_registering_unit_bore_then(world: World) -> None:
    matter_id = world.assign(world.register("county.supervisor", unit="county"), "county_health", by="county.supervisor")
    client = world.browser("city.secretariat")
    assert send(world, client, "county", "rename", name="永嘉市", version="1").status_code == 303
    later = world.register("county.supervisor", unit="county")
    reader = world.browser("county.supervisor")
    before = reader.get(world.url(f"matters/{matter_id}")).get_data(as_text=True)
    after = reader.get(world.url(f"matters/{later}")).get_data(as_text=True)
    assert "永嘉县，" in before and "永嘉市，" not in before
    assert "永嘉市，" in after


def test_what_was_typed_comes_back_with_the_refusal(world: World) -> None:
    client = world.browser("city.secretariat")
    answer = send(world, client, "county", "merge", "", into="桥头镇")
    said = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "不能并入自己的下级单位" in said
    assert 'value="桥头镇"' in said
    hidden = send(world, client, "health", "rename", name="卫生\u202e局")
    assert hidden.status_code == 422
    assert "隐藏字符" in hidden.get_data(as_text=True)


def test_a_page_that_is_overtaken_answers_409(world: World) -> None:
    client = world.browser("city.secretariat")
    assert send(world, client, "health", "rename", name="市卫生局", version="1").status_code == 303
    late = send(world, client, "health", "rename", name="别的", version="1")
    assert late.status_code == 409
    assert "更名" in late.get_data(as_text=True)


@pytest.mark.parametrize("kind", KINDS)
def test_who_is_no_secretariat_above_is_refused_and_what_is_not_there_is_missing(world: World, kind: str) -> None:
    for person in ("city.head", "health.liaison", "city.auditor"):
        client = world.browser(person)
        assert client.get(world.url(f"network/units/{world.units['health']}/{kind}")).status_code == 403
        assert send(world, client, "health", kind).status_code == 403
    client = world.browser("city.secretariat")
    assert client.get(world.url(f"network/units/99999999/{kind}")).status_code == 404
    assert client.get(world.url(f"network/units/{world.units['health']}/{kind}")).status_code == 200


def test_a_planned_change_stands_on_the_page_until_it_is_cancelled(world: World) -> None:
    client = world.browser("city.secretariat")
    later = (clock.today() + timedelta(days=999)).isoformat()
    assert send(world, client, "health", "rename", name="市卫生局", from_on=later).status_code == 422
    later = (clock.today() + timedelta(days=9)).isoformat()
    assert send(world, client, "health", "rename", name="市卫生局", from_on=later).status_code == 303
    address = world.url(f"network/units/{world.units['health']}")
    page = client.get(address).get_data(as_text=True)
    cancel = re.search(r'action="([^"]+/network/changes/\d+/cancel)"', page)
    assert cancel is not None
    assert "/cancel" not in world.browser("city.head").get(address).get_data(as_text=True)
    assert world.browser("city.head").post(cancel[1], data={"csrf_token": "x"}).status_code == 400
    other = world.browser("city.head")
    assert other.post(cancel[1], data={"csrf_token": world.token(other)}).status_code == 403
    assert client.post(cancel[1], data={"csrf_token": world.token(client)}).status_code == 303
    assert client.post(cancel[1], data={"csrf_token": world.token(client)}).status_code == 409
    assert client.post(world.url("network/changes/99999999/cancel"), data={"csrf_token": world.token(client)}).status_code == 404


def test_a_unit_shows_the_open_matters_that_its_reader_may_see(world: World) -> None:
    world.at_work(title="关于甲的情况")
    secret = world.assign(world.register(confidential=True, title="关于乙的情况"), handler="health.handler")
    number = world.matter(secret).number
    address = world.url(f"network/units/{world.units['health']}")
    seen = {
        person: world.browser(person).get(address).get_data(as_text=True)
        for person in ("city.supervisor", "health.handler", "health.handler2", "city.secretariat")
    }
    assert "关于甲的情况" in seen["city.supervisor"]
    assert number in seen["city.supervisor"]
    assert "关于乙的情况" not in seen["city.supervisor"]
    assert "关于乙的情况" in seen["health.handler"]
    for person in ("health.handler2", "city.secretariat"):
        assert "没有您能看到的未办结事项" in seen[person]
        assert number not in seen[person]


def test_a_branch_opens_and_shuts_by_htmx_and_without_it(world: World) -> None:
    client = world.browser("city.leader")
    path = world.url(f"network/branches/{world.units['county']}")
    part = client.get(path, headers={"HX-Request": "true", "HX-Request-Type": "partial"}).get_data(as_text=True)
    assert part.strip().startswith(f'<li id="u-{world.units["county"]}"')
    assert "桥头镇" in part
    shut = client.get(f"{path}?shut=1", headers={"HX-Request": "true", "HX-Request-Type": "partial"}).get_data(as_text=True)
    assert "桥头镇" not in shut
    whole = client.get(path).get_data(as_text=True)
    assert "<html" in whole
    assert "桥头镇" in whole
    assert "桥头镇" not in client.get(f"{path}?shut=1").get_data(as_text=True)
    assert client.get(world.url("network/branches/99999999")).status_code == 404
