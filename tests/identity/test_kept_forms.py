"""What was typed is not lost when the session had expired."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from portal.access.actor import Actor
from portal.identity import kept_forms
from portal.identity.models import KeptForm
from portal.identity.service import accounts
from portal.kernel import clock
from portal.kernel.db import db
from tests.at_the_door import SmallCity, csrf_token, in_city, sign_in

NOON = clock.at(date(2026, 11, 23), 12)
LATER = NOON + timedelta(minutes=20)


@pytest.fixture
def onward(client: FlaskClient, city: SmallCity) -> str:
    """林's session ran out while he typed; where the browser was sent, without the address of the page."""
    with clock.set_to(NOON):
        sign_in(client, city)
        token = csrf_token(client, city.url("sign-ins"))
    with clock.set_to(LATER):
        answer = client.post(
            city.url("acting-post"),
            data={"csrf_token": token, "post": str(city.lin_posts[1]), "say": "写了很久的一段话", "password": "not to be kept"},
        )
    assert answer.status_code == 303
    assert answer.location.startswith(city.url("sign-in?next="))
    return answer.location.removeprefix(city.url("sign-in"))


def test_it_waits_for_its_sender_and_is_sent_on(client: FlaskClient, city: SmallCity, onward: str) -> None:
    with clock.set_to(LATER):
        assert "您填写的内容已经保留" in client.get(city.url("sign-in") + onward).get_data(as_text=True)
        place = sign_in(client, city, onward=onward).location
        page = client.get(place).get_data(as_text=True)
        assert "写了很久的一段话" in page
        assert "not to be kept" not in page
        assert f'action="{city.url("acting-post")}"' in page
        token = csrf_token(client, place)
        again = client.post(city.url("acting-post"), data={"csrf_token": token, "post": str(city.lin_posts[1])})
        assert again.status_code == 303
        assert f'value="{city.lin_posts[1]}" aria-current' in client.get(city.url("sign-ins")).get_data(as_text=True)


def test_what_is_kept_is_sealed(app: Flask, city: SmallCity, onward: str) -> None:
    with in_city(app, city.id):
        row = db.session.scalars(select(KeptForm)).one()
        assert "写了很久的一段话".encode() not in row.sealed
        assert row.person_id == city.lin_id


def test_after_a_reset_nothing_is_left_for_whoever_comes_in_his_name(app: Flask, city: SmallCity, onward: str) -> None:
    with in_city(app, city.id):
        accounts.give_one_time_password(Actor(city.chen_id, city.id, "陈"), city.lin_id)
    with in_city(app, city.id):
        assert db.session.scalar(select(func.count()).select_from(KeptForm)) == 0


def test_what_bears_a_mark_of_classification_is_not_kept(app: Flask, client: FlaskClient, city: SmallCity) -> None:
    """Not even sealed, and not even for an hour; what was typed beside it is."""
    with clock.set_to(NOON):
        sign_in(client, city)
        token = csrf_token(client, city.url("sign-ins"))
    with clock.set_to(LATER):
        client.post(city.url("acting-post"), data={"csrf_token": token, "post": "1", "say": "机密★10年 某事", "more": "别的话"})
        with in_city(app, city.id):
            (row,) = db.session.scalars(select(KeptForm))
            assert [name for name, _value in kept_forms.find(city.lin_id, row.id).fields] == ["post", "more"]


def test_it_is_recognised_by_what_was_typed_under_the_words_of_its_form(client: FlaskClient, city: SmallCity) -> None:
    with clock.set_to(NOON):
        sign_in(client, city)
        token = csrf_token(client, city.url("sign-ins"))
    typed = {
        "source_level": "city",
        "request_key": "5e0c",
        "version": "3",
        "leader": "张书记",
        "title": "关于饮水",
        "text": "请办理",
    }
    with clock.set_to(LATER):
        onward = client.post(city.url("acting-post"), data={"csrf_token": token, **typed}).location
        place = sign_in(client, city, onward=onward.removeprefix(city.url("sign-in"))).location
        page = client.get(place).get_data(as_text=True)
    shown = re.findall(r"<dt[^>]*>([^<]*)</dt>\s*<dd[^>]*>([^<]*)", page)
    assert shown == [("批示领导", "张书记"), ("来文标题", "关于饮水"), ("批示内容", "请办理")]
    assert all(f'name="{name}" value="{value}"' in page for name, value in typed.items())


def test_another_person_does_not_get_it(client: FlaskClient, city: SmallCity, onward: str) -> None:
    with clock.set_to(LATER):
        answer = sign_in(client, city, city.chen_name, onward=onward)
        assert answer.location == city.url("")
        kept = onward.partition("next=")[2].partition("&")[0]
        assert client.get(kept).status_code == 404


def test_after_an_hour_it_is_gone(client: FlaskClient, city: SmallCity, onward: str) -> None:
    kept = onward.partition("next=")[2].partition("&")[0]
    with clock.set_to(LATER + timedelta(minutes=59)):
        sign_in(client, city)
        assert client.get(kept).status_code == 200
    with clock.set_to(LATER + timedelta(hours=1)):
        sign_in(client, city)
        assert client.get(kept).status_code == 404


def test_its_sender_may_drop_it(app: Flask, client: FlaskClient, city: SmallCity, onward: str) -> None:
    kept = onward.partition("next=")[2].partition("&")[0]
    with clock.set_to(LATER):
        sign_in(client, city)
        client.post(kept + "/drop", data={"csrf_token": csrf_token(client, kept)})
        assert client.get(kept).status_code == 404


def test_a_form_from_before_a_new_sign_in_is_refused_with_a_sentence_and_kept(client: FlaskClient, city: SmallCity) -> None:
    sign_in(client, city)
    stale = csrf_token(client, city.url("sign-ins"))
    sign_in(client, city)
    client.post(city.url("sign-out"), data={"csrf_token": csrf_token(client, city.url("sign-ins"))})
    sign_in(client, city)
    answer = client.post(
        city.url("acting-post"),
        headers={"Origin": "http://localhost"},
        data={"csrf_token": stale, "post": "1", "say": "旧窗口里写的"},
    )
    page = answer.get_data(as_text=True)
    assert answer.status_code == 400
    assert "请核对后再提交一次" in page
    assert "您填写的内容已经保留" in page
    place = city.url("continue/") + page.partition(city.url("continue/"))[2][:36]
    assert "旧窗口里写的" in client.get(place).get_data(as_text=True)


@pytest.mark.parametrize("headers", [{}, {"Origin": "https://evil.example"}, {"Origin": "null"}])
def test_what_a_strangers_page_posts_is_refused_and_not_kept(
    app: Flask, client: FlaskClient, city: SmallCity, headers: dict[str, str]
) -> None:
    sign_in(client, city)
    answer = client.post(city.url("acting-post"), headers=headers, data={"post": str(city.lin_posts[1])})
    assert answer.status_code == 400
    with in_city(app, city.id):
        assert db.session.scalar(select(func.count()).select_from(KeptForm)) == 0
    page = client.get(city.url("sign-ins")).get_data(as_text=True)
    assert f'value="{city.lin_posts[0]}" aria-current' in page


def test_a_session_ended_on_purpose_keeps_nothing(app: Flask, client: FlaskClient, city: SmallCity) -> None:
    sign_in(client, city)
    token = csrf_token(client, city.url("sign-ins"))
    with client.session_transaction() as cookie:
        before = dict(cookie)
    client.post(city.url("sign-out"), data={"csrf_token": token})
    with client.session_transaction() as cookie:
        cookie.update(before)
    answer = client.post(city.url("acting-post"), data={"csrf_token": token, "post": "1"})
    assert answer.status_code == 303
    assert "next=" not in answer.location
    with in_city(app, city.id):
        assert db.session.scalar(select(func.count()).select_from(KeptForm)) == 0


def test_htmx_and_scripts_are_told_in_their_own_way(client: FlaskClient, city: SmallCity) -> None:
    page = client.get(
        city.url("sign-ins"),
        headers={"HX-Request": "true", "HX-Request-Type": "partial", "HX-Current-URL": f"http://localhost{city.url('sign-ins')}"},
    )
    assert page.status_code == 200
    assert page.headers["HX-Redirect"] == city.url("sign-in?next=") + city.url("sign-ins").replace("/", "/")
    assert page.get_data() == b""
    script = client.get(city.url("sign-ins"), headers={"Accept": "application/json"})
    assert script.status_code == 401
    assert script.json == {"signed_in": False}
