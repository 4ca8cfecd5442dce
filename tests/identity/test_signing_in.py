"""Signing in and out."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.audit.models import JournalEntry
from portal.identity import sessions
from portal.identity.models import Person, SignInFailure, SignInSession
from portal.kernel import clock
from portal.kernel.db import db
from tests.at_the_door import PASSWORD, SmallCity, csrf_token, in_city, sign_in

NOON = clock.at(date(2026, 11, 23), 12)


def signed_in(client: FlaskClient, city: SmallCity) -> bool:
    return client.get(city.url("sign-ins")).status_code == 200


def test_name_and_password_open_the_door(client: FlaskClient, city: SmallCity) -> None:
    answer = sign_in(client, city)
    assert answer.status_code == 303
    page = client.get(answer.location)
    assert page.status_code == 200
    assert "林朵" in page.get_data(as_text=True)


def test_the_token_is_only_in_the_browser(app: Flask, client: FlaskClient, city: SmallCity) -> None:
    sign_in(client, city)
    with client.session_transaction() as cookie:
        token = cookie["_user_id"]
    with in_city(app, city.id):
        row = db.session.scalars(select(SignInSession)).one()
        assert token not in (row.token_digest, str(row.id))
        assert len(token) >= 43


def test_the_cookie_is_out_of_reach_of_scripts_and_strangers(client: FlaskClient, city: SmallCity) -> None:
    cookies = sign_in(client, city).headers.getlist("Set-Cookie")
    assert cookies
    assert all("HttpOnly" in one and "SameSite=Lax" in one for one in cookies)


@pytest.mark.parametrize(("name", "password"), [("lin.duo", "not the password"), ("nobody", PASSWORD)])
def test_a_wrong_name_and_a_wrong_password_are_refused_alike(
    client: FlaskClient, city: SmallCity, name: str, password: str
) -> None:
    answer = sign_in(client, city, name, password)
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert "登录名或口令不对" in page
    assert "再错 4 次锁定" in page
    assert '<a href="#password">口令：请重新输入口令</a>' in page and 'aria-invalid="true"' in page
    assert f'value="{name}"' in page
    assert password not in page
    assert not signed_in(client, city)


def test_an_empty_form_is_drawn_again(client: FlaskClient, city: SmallCity) -> None:
    answer = sign_in(client, city, "lin.duo", "")
    assert answer.status_code == 422
    assert "请填写口令" in answer.get_data(as_text=True)


def test_hidden_characters_in_a_name_are_refused_with_a_reason(client: FlaskClient, city: SmallCity) -> None:
    answer = sign_in(client, city, "lin.\u202eduo")
    assert answer.status_code == 422
    assert "隐藏字符" in answer.get_data(as_text=True)


def test_somebody_inactive_stays_outside(app: Flask, client: FlaskClient, city: SmallCity) -> None:
    with in_city(app, city.id):
        db.session.scalars(select(Person).where(Person.id == city.chen_id)).one().active = False
    assert sign_in(client, city, city.chen_name).status_code == 422


def test_five_failures_lock_out_even_the_right_password(app: Flask, client: FlaskClient, city: SmallCity) -> None:
    for _time in range(5):
        answer = sign_in(client, city, password="wrong again")
    assert "已锁定到" in answer.get_data(as_text=True)
    assert sign_in(client, city).status_code == 422
    with in_city(app, city.id):
        acts = db.session.scalars(select(JournalEntry.act).order_by(JournalEntry.id)).all()
    assert acts == ["sign_in_failed"] * 5 + ["sign_in_locked"]


def test_the_lock_opens_after_a_quarter_hour(client: FlaskClient, city: SmallCity) -> None:
    with clock.set_to(NOON):
        for _time in range(5):
            sign_in(client, city, password="wrong again")
    with clock.set_to(NOON + timedelta(minutes=14, seconds=59)):
        assert sign_in(client, city).status_code == 422
    with clock.set_to(NOON + timedelta(minutes=15)):
        assert sign_in(client, city).status_code == 303


def test_a_success_forgets_the_failures_before_it(app: Flask, client: FlaskClient, city: SmallCity) -> None:
    for _time in range(4):
        sign_in(client, city, password="wrong again")
    assert sign_in(client, city).status_code == 303
    with in_city(app, city.id):
        assert db.session.scalars(select(SignInFailure)).all() == []


def test_a_lock_made_while_the_clock_was_years_ahead_is_over_when_it_is_right(client: FlaskClient, city: SmallCity) -> None:
    with clock.set_to(NOON + timedelta(days=400)):
        for _time in range(6):
            sign_in(client, city, password="wrong")
        assert sign_in(client, city).status_code == 422
    with clock.set_to(NOON):
        for _time in range(4):
            assert "锁定到" not in sign_in(client, city, password="wrong").get_data(as_text=True)
        assert sign_in(client, city).status_code == 303


def test_a_stranger_elsewhere_locks_nobody_out_of_his_own_place(app: Flask, city: SmallCity) -> None:
    stranger = app.test_client()
    stranger.environ_base["REMOTE_ADDR"] = "192.0.2.7"
    for _time in range(5):
        sign_in(stranger, city, password="a guess")
    assert sign_in(stranger, city).status_code == 422
    assert sign_in(app.test_client(), city).status_code == 303


def test_a_stranger_behind_the_same_address_locks_out_no_known_browser(app: Flask, city: SmallCity) -> None:
    mayor = app.test_client()
    sign_in(mayor, city)
    mayor.post(city.url("sign-out"), data={"csrf_token": csrf_token(mayor, city.url("sign-ins"))})
    stranger = app.test_client()
    for _time in range(5):
        sign_in(stranger, city, password="a guess")
    assert sign_in(stranger, city).status_code == 422
    assert sign_in(mayor, city).status_code == 303


def test_signing_in_gives_a_new_token_and_ends_the_session_before(app: Flask, city: SmallCity) -> None:
    client = app.test_client()
    sign_in(client, city)
    address = city.url("sign-in")
    token = csrf_token(client, city.url("password"))
    with client.session_transaction() as cookie:
        first = dict(cookie)
    client.post(address, data={"csrf_token": token, "name": "lin.duo", "password": PASSWORD})
    with client.session_transaction() as cookie:
        assert cookie["_user_id"] != first["_user_id"]
        assert cookie.get("csrf_token") != first["csrf_token"]
    old = app.test_client()
    with old.session_transaction() as cookie:
        cookie.update(first)
    assert not signed_in(old, city)


def test_signing_out_ends_the_row_and_clears_the_browser(app: Flask, client: FlaskClient, city: SmallCity) -> None:
    sign_in(client, city)
    with client.session_transaction() as cookie:
        kept = dict(cookie)
    answer = client.post(city.url("sign-out"), data={"csrf_token": csrf_token(client, city.url("sign-ins"))})
    assert answer.headers["Clear-Site-Data"]
    again = app.test_client()
    with again.session_transaction() as cookie:
        cookie.update(kept)
    assert not signed_in(again, city)
    assert not signed_in(client, city)


def test_silence_ends_a_session(client: FlaskClient, city: SmallCity) -> None:
    with clock.set_to(NOON):
        sign_in(client, city)
    with clock.set_to(NOON + timedelta(minutes=14)):
        assert signed_in(client, city)
    with clock.set_to(NOON + timedelta(minutes=28)):
        assert signed_in(client, city)
    with clock.set_to(NOON + timedelta(minutes=43)):
        assert not signed_in(client, city)


def test_what_a_page_asks_by_itself_keeps_no_session_alive(client: FlaskClient, city: SmallCity) -> None:
    with clock.set_to(NOON):
        sign_in(client, city)
    with clock.set_to(NOON + timedelta(minutes=10)):
        assert client.get(city.url("sign-ins"), headers={"X-Polling": "1"}).status_code == 200
    with clock.set_to(NOON + timedelta(minutes=16)):
        assert client.get(city.url("sign-ins"), headers={"X-Polling": "1"}).status_code == 204
        assert not signed_in(client, city)


def test_eight_hours_are_the_end_of_any_session(client: FlaskClient, city: SmallCity) -> None:
    with clock.set_to(NOON):
        sign_in(client, city)
    for minutes in range(10, 480, 10):
        with clock.set_to(NOON + timedelta(minutes=minutes)):
            assert signed_in(client, city)
    with clock.set_to(NOON + timedelta(hours=8)):
        assert not signed_in(client, city)


def test_last_seen_is_written_at_most_once_a_minute(app: Flask, client: FlaskClient, city: SmallCity) -> None:
    seen = []
    with clock.set_to(NOON):
        sign_in(client, city)
    for seconds in (30, 59, 61):
        with clock.set_to(NOON + timedelta(seconds=seconds)):
            signed_in(client, city)
        with in_city(app, city.id):
            seen.append(db.session.scalars(select(SignInSession.seen_at)).one() - NOON)
    assert seen == [timedelta(0), timedelta(0), timedelta(seconds=61)]


def test_a_session_of_one_city_opens_no_other(client: FlaskClient, city: SmallCity, new_city) -> None:
    sign_in(client, city)
    assert not signed_in(client, new_city())
    assert signed_in(client, city)


def test_after_signing_in_one_is_where_one_wanted_to_be(client: FlaskClient, city: SmallCity) -> None:
    sent = client.get(city.url("password"))
    assert sent.status_code == 303
    onward = sent.location.removeprefix(city.url("sign-in"))
    assert sign_in(client, city, onward=onward).location == city.url("password")


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "/other/sign-ins",
        "{}//evil.example",
        "{}/..\\evil",
        "javascript:alert(1)",
        "{}/\tx",
        "{}/../other/",
        "{}/%2e%2e/other/",
        "{}/a/../../other/",
    ],
)
def test_nobody_is_sent_out_of_the_city(client: FlaskClient, city: SmallCity, target: str) -> None:
    onward = target.format(f"/{city.slug}")
    address = city.url("sign-in")
    answer = client.post(
        address,
        query_string={"next": onward},
        data={"csrf_token": csrf_token(client, address), "name": "lin.duo", "password": PASSWORD},
    )
    assert answer.status_code == 303
    assert answer.location == city.url("")


def test_the_last_sign_in_and_failures_since_are_told(client: FlaskClient, app: Flask, city: SmallCity) -> None:
    sign_in(client, city)
    other = app.test_client()
    other.environ_base["REMOTE_ADDR"] = "192.0.2.7"
    sign_in(other, city, password="a guess")
    answer = sign_in(other, city)
    page = other.get(answer.location).get_data(as_text=True)
    assert "上次登录：" in page
    assert "此后有 1 次" in page
    assert "127.0.0.1" in page


def test_who_signs_in_again_comes_in_however_often_he_did_elsewhere(app: Flask, client: FlaskClient, city: SmallCity) -> None:
    assert sign_in(client, city).status_code == 303
    with in_city(app, city.id):
        for minutes in range(31):
            with clock.set_to(clock.now() + timedelta(minutes=minutes / 10)):
                sessions.begin(city.lin_id, "-", sessions.ABSOLUTE)
    address = city.url("sign-in")
    token = csrf_token(client, city.url("password"))
    answer = client.post(address, data={"csrf_token": token, "name": city.lin_name, "password": PASSWORD})
    assert answer.status_code == 303
    assert signed_in(client, city)
