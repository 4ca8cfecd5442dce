"""A second city beside the first, made by the commands and entered by the door: neither sees anything of the other."""

from __future__ import annotations

import re
from datetime import timedelta
from io import BytesIO
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from python_calamine import CalamineWorkbook

from portal.commands.city import city as city_commands
from portal.kernel import clock
from tests.at_the_door import csrf_token
from tests.world import World, new_world, world

__all__ = ["new_world", "world"]

SLUG, NAME, CODE = "jiayuguan", "嘉峪关市", "6202"
NEW_PASSWORD = "祁连雪-6202-长城"
TITLE = "关于讨赖河大桥维修的情况反映"
FIRST = ("温州", "永嘉", "桥头镇", "市卫健委", "老旧小区加装电梯", "wenzhou-")
SECOND = ("嘉峪关", "新城镇", "讨赖河", SLUG)


@pytest.fixture(scope="module")
def passwords(app: Flask) -> dict[str, str]:
    """The second city's sign-in names with the one-time passwords that the command printed."""
    runner = app.test_cli_runner()
    assert runner.invoke(city_commands, ["create", SLUG, NAME]).exit_code == 0
    said = runner.invoke(city_commands, ["from-divisions", SLUG, "--code", CODE])
    assert said.exit_code == 0, said.output
    return {name: word for name, _person, word in (line.split("\t") for line in said.stdout.splitlines())}


def url(path: str = "") -> str:
    return f"/{SLUG}/{path}"


def enter(app: Flask, passwords: dict[str, str], name: str) -> FlaskClient:
    """That person signs in for the first time and chooses a password; later with it."""
    client = app.test_client()
    form = {"csrf_token": csrf_token(client, url("sign-in")), "name": name, "password": passwords[name]}
    answer = client.post(url("sign-in"), data=form)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    if passwords[name] != NEW_PASSWORD:
        assert client.get(url()).headers["Location"] == url("password")
        answer = client.post(
            url("password"),
            data={
                "csrf_token": csrf_token(client, url("password")),
                "password": passwords[name],
                "new_password": NEW_PASSWORD,
                "repeat_password": NEW_PASSWORD,
            },
        )
        assert answer.status_code == 303, answer.get_data(as_text=True)
        passwords[name] = NEW_PASSWORD
    assert client.get(url()).status_code == 200
    return client


def registered(client: FlaskClient, lead_unit: str) -> UUID:
    """An instruction goes to that unit, by the forms."""
    today = clock.today()
    answer = client.post(
        url("instructions/register"),
        data={
            "csrf_token": csrf_token(client, url("instructions/register")),
            "request_key": str(uuid4()),
            "source_level": "city",
            "urgency": "normal",
            "leader": "李书记",
            "instructed_on": str(today - timedelta(days=1)),
            "received_on": str(today),
            "title": TITLE,
            "text": "请尽快修复。",
            "lead_unit": lead_unit,
        },
    )
    assert answer.status_code == 303, re.sub("<[^>]+>", "", answer.get_data(as_text=True))
    found = re.search(r"[0-9a-f-]{36}", answer.headers["Location"])
    assert found
    matter = client.get(url(f"matters/{found[0]}")).get_data(as_text=True)
    assert TITLE in matter
    version = re.search(r'name="version" value="(\d+)"', client.get(url(f"matters/{found[0]}/assign")).get_data(as_text=True))
    assert version
    answer = client.post(
        url(f"matters/{found[0]}/assign"),
        data={"csrf_token": csrf_token(client, url("password")), "version": version[1], "lead_unit": lead_unit},
    )
    assert answer.status_code == 303, re.sub("<[^>]+>", "", answer.get_data(as_text=True))
    return UUID(found[0])


def everything_shown(app: Flask, client: FlaskClient, slug: str, *more: str) -> str:
    """Every page without a record, all answers to questions, the list as a workbook."""
    said = []
    paths = [
        rule.rule.replace("<slug:city>", slug)
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/<slug:city>/") and "GET" in (rule.methods or ()) and rule.rule.count("<") == 1
    ]
    asked = [
        f"/{slug}/{page}?q={word}"
        for word in ("市", "镇", "反映", "温", "嘉", "jyg", "wz")
        for page in ("network", "network/suggest", "network/suggest-leaders", "instructions")
    ]
    for path in [*paths, *asked, *(f"/{slug}/{path}" for path in more)]:
        answer = client.get(path)
        # How far a demonstration is played is asked of a demonstration city alone.
        assert answer.status_code in ((404,) if path == f"/{slug}/demonstration" else (200, 204, 303, 403)), path
        if answer.mimetype.endswith("sheet"):
            said.append(str([sheet.to_python() for sheet in _sheets(answer.data)]))
        else:
            said.append(re.sub(r"\?q=[^\"]*|value=\"[^\"]*\"", "", answer.get_data(as_text=True)))
        answer.close()
    assert len(said) > 30
    return "\n".join(said)


def _sheets(data: bytes) -> list[object]:
    book = CalamineWorkbook.from_filelike(BytesIO(data))
    return [book.get_sheet_by_name(name) for name in book.sheet_names]


def test_a_second_city_is_founded_entered_and_at_work_and_each_sees_itself_alone(
    app: Flask, world: World, passwords: dict[str, str]
) -> None:
    supervisor = enter(app, passwords, "city.ducha")
    unit = supervisor.get(url("network/suggest?q=新城镇")).json
    assert unit
    matter_id = registered(supervisor, unit[0]["value"])
    liaison = enter(app, passwords, re.sub(r".*\((.*)\)", r"\1", unit[0]["value"]) + ".liaison")
    assert TITLE in liaison.get(url("instructions")).get_data(as_text=True)
    assert "交办" in liaison.get(url("messages")).get_data(as_text=True)

    first_id = world.at_work()
    for name in ("city.ducha", "city.leader", "city.mishu"):
        shown = everything_shown(app, enter(app, passwords, name), SLUG)
        assert [word for word in FIRST if word in shown] == []
        assert "嘉峪关" in shown
    for name in ("city.supervisor", "city.leader", "health.handler"):
        shown = everything_shown(app, world.browser(name), world.slug)
        assert [word for word in SECOND if word in shown] == []
        assert "温州" in shown
    missing = supervisor.get(url(f"matters/{UUID(int=7)}"))
    hidden = supervisor.get(url(f"matters/{first_id}"))
    assert (hidden.status_code, hidden.data) == (404, missing.data)
    assert world.browser("city.supervisor").get(world.url(f"matters/{matter_id}")).status_code == 404


def test_a_session_of_one_city_is_nobody_in_the_other(app: Flask, world: World, passwords: dict[str, str]) -> None:
    first_id = world.at_work()
    before = world.matter(first_id).version
    there, here = enter(app, passwords, "city.leader"), world.browser("city.leader")
    for path in ("", "instructions", "network", f"matters/{first_id}", "messages", "instructions/export"):
        answer = there.get(world.url(path))
        assert answer.status_code == 303, path
        assert answer.headers["Location"].startswith(world.url("sign-in"))
        assert here.get(url(path)).headers["Location"].startswith(url("sign-in"))
    assert there.get(url()).status_code == here.get(world.url()).status_code == 200
    answer = there.post(
        world.url(f"matters/{first_id}/instruct-again"), data={"csrf_token": csrf_token(there, url("password")), "words": "再研究"}
    )
    assert answer.status_code == 303
    assert "sign-in" in answer.headers["Location"]
    assert world.matter(first_id).version == before
