"""What was typed for one person is never filed as another's, nor in another post's series."""

from __future__ import annotations

import re
from datetime import date, timedelta
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.access.roles import Role
from portal.identity import kept_forms
from portal.kernel import clock
from portal.kernel.db import db
from portal.network.models import Post
from tests.at_the_door import SmallCity, csrf_token, in_city, let_in, sign_in
from tests.instructions.test_registering import count, typed
from tests.world import World, new_world, world

__all__ = ["new_world", "world"]
OURS = {"Origin": "http://localhost"}
WORDS = "请认真办理。"


def filled(world: World, client: FlaskClient) -> dict[str, str]:
    """A registration as the page of this browser's session would send it."""
    return {"csrf_token": csrf_token(client, world.url("instructions/register")), **typed(world)}


def switch(world: World, client: FlaskClient, to: str) -> None:
    out = client.post(world.url("sign-out"), data={"csrf_token": csrf_token(client, world.url("password"))})
    assert out.status_code == 303
    let_in(client, world, to)


@pytest.mark.parametrize("by_header", [False, True])
def test_tab_one_is_kept_for_whom_it_was_drawn(world: World, by_header: bool) -> None:
    client = world.browser("city.supervisor")
    form = filled(world, client)
    headers = dict(OURS)
    if by_header:
        headers |= {"X-CSRFToken": form.pop("csrf_token"), "HX-Request": "true"}
    switch(world, client, "county.supervisor")
    empty = {"attachments": (BytesIO(), "")}  # as a browser sends a file field where nothing was chosen
    answer = client.post(world.url("instructions/register"), data=form | empty, content_type="multipart/form-data", headers=headers)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 400
    assert "另一人登录时打开的" in page
    assert "没有保存任何改动" not in page, "it was kept"
    assert "请退回上一页" not in page, "and not for him to send"
    assert WORDS not in page
    assert "continue/" not in page
    assert count(world) == 0
    with in_city(world.app, world.id):
        assert kept_forms.waiting(world.people["county.supervisor"]) is None
        kept_id = kept_forms.waiting(world.people["city.supervisor"])
        assert kept_id is not None
    assert client.get(world.url(f"continue/{kept_id}")).status_code == 404
    answer = sign_in(world.app.test_client(), world, "city.supervisor")
    assert answer.location == world.url(f"continue/{kept_id}")
    mine = world.browser("city.supervisor")
    kept = mine.get(world.url(f"continue/{kept_id}")).get_data(as_text=True)
    assert WORDS in kept
    assert "附件没有保留" not in kept, "none was chosen"
    assert sign_in(world.app.test_client(), world, "city.supervisor").location == world.url("")  # shown once


def test_sent_after_the_other_ones_session_has_run_out_it_is_not_his_either(world: World) -> None:
    noon = clock.at(date(2026, 11, 23), 12)
    with clock.set_to(noon):
        client = world.browser("city.supervisor")
        form = filled(world, client)
        switch(world, client, "county.supervisor")
    with clock.set_to(noon + timedelta(minutes=20)):
        answer = client.post(world.url("instructions/register"), data=form, headers=OURS)
        assert answer.status_code == 303
        assert "next=" not in answer.location
        assert "另一人登录时打开的" in client.get(answer.location).get_data(as_text=True)
        with in_city(world.app, world.id):
            assert kept_forms.waiting(world.people["city.supervisor"]) is not None
    assert count(world) == 0


def test_sent_after_signing_out_it_is_dropped_and_said(world: World) -> None:
    client = world.browser("city.supervisor")
    form = filled(world, client)
    client.post(world.url("sign-out"), data={"csrf_token": csrf_token(client, world.url("password"))})
    answer = client.post(world.url("instructions/register"), data=form, headers=OURS)
    assert answer.status_code == 303
    assert "没有提交，也没有保留" in client.get(answer.location).get_data(as_text=True)
    assert count(world) == 0


def test_a_mark_in_another_hand_is_none(world: World) -> None:
    client = world.browser("city.supervisor")
    form = filled(world, client)
    switch(world, client, "county.supervisor")
    token, _between, mark = form["csrf_token"].partition("~")
    assert mark
    for forged in (token, f"{token}~{mark[:-2]}xx", f"{token}~"):
        answer = client.post(world.url("instructions/register"), data=form | {"csrf_token": forged}, headers=OURS)
        assert answer.status_code == 400
        assert "continue/" not in answer.get_data(as_text=True)
    with in_city(world.app, world.id):
        assert all(kept_forms.waiting(person) is None for person in world.people.values())


def test_a_form_drawn_in_another_post_is_not_filed_in_this_ones_series(world: World) -> None:
    with world.work():
        unit = world.unit("county_supervision")
        second = Post(
            person_id=world.people["city.supervisor"], unit_id=unit.id, for_unit_id=unit.acts_for_id, role=Role.SUPERVISOR,
            from_on=date(2020, 1, 1),
        )  # fmt: skip
        db.session.add(second)
        db.session.flush()
        post_id = second.id
    client = world.browser("city.supervisor")
    form = filled(world, client)
    data = {"csrf_token": csrf_token(client, world.url("password")), "post": str(post_id)}
    assert client.post(world.url("acting-post"), data=data).status_code == 303
    answer = client.post(world.url("instructions/register"), data=form, headers=OURS)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 400
    assert "切换了岗位" in page
    assert "您填写的内容已经保留" in page
    assert count(world) == 0
    place = re.search(r'href="([^"]*continue/[^"]+)"', page)
    assert place
    assert WORDS in client.get(place[1]).get_data(as_text=True)
    assert client.post(world.url("instructions/register"), data=filled(world, client)).status_code == 303


def test_what_cannot_be_kept_is_sent_once_more_from_the_page_itself(
    app: Flask, client: FlaskClient, city: SmallCity, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_forms, "KEPT_EACH", 0)
    sign_in(client, city)
    stale = csrf_token(client, city.url("sign-ins"))
    sign_in(client, city)
    answer = client.post(city.url("acting-post"), headers=OURS, data={"csrf_token": stale, "post": "1", "say": "写了很久的话"})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 400
    assert "写了很久的话" in page
    assert "再提交一次" in page
    assert "刷新后再试" not in page
