"""One's own password, the one-time password, and confirming oneself."""

from __future__ import annotations

import threading

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.access.actor import Actor
from portal.access.roles import Role
from portal.identity import passwords
from portal.identity.models import Person, SignInSession
from portal.identity.service import accounts, signing_in
from portal.kernel.db import db
from portal.kernel.refusals import Invalid
from tests.at_the_door import PASSWORD, SmallCity, csrf_token, in_city, sign_in

NEW = "山外青山-楼外楼-42"


def change(client: FlaskClient, city: SmallCity, present: str = PASSWORD, new: str = NEW, repeat: str | None = None):
    address = city.url("password")
    return client.post(
        address,
        data={
            "csrf_token": csrf_token(client, address),
            "password": present,
            "new_password": new,
            "repeat_password": new if repeat is None else repeat,
        },
    )


def test_a_changed_password_ends_the_other_sessions_and_renews_this_one(app: Flask, city: SmallCity) -> None:
    here, elsewhere = app.test_client(), app.test_client()
    sign_in(here, city)
    sign_in(elsewhere, city)
    with here.session_transaction() as cookie:
        before = dict(cookie)
    assert change(here, city).status_code == 303
    assert here.get(city.url("sign-ins")).status_code == 200
    assert elsewhere.get(city.url("sign-ins")).status_code == 303
    thief = app.test_client()
    with thief.session_transaction() as cookie:
        cookie.update(before)
    assert thief.get(city.url("sign-ins")).status_code == 303
    assert sign_in(app.test_client(), city).status_code == 422
    assert sign_in(app.test_client(), city, password=NEW).status_code == 303


@pytest.mark.parametrize(
    ("new", "repeat", "sentence"),
    [
        ("short", None, "口令至少 10 位"),
        (NEW, NEW + "x", "两次填写的新口令不一样"),
        ("1234567890", None, "太常见"),
        ("aaaaaaaaaaaa", None, "太常见"),
        ("lin.duolin.duo", None, "不能与姓名或登录名相同"),
        (PASSWORD, None, "新口令与现在的相同"),
        ("x" * 129, None, "最多 128 位"),
    ],
)
def test_a_bad_new_password_is_refused_with_a_reason(
    client: FlaskClient, city: SmallCity, new: str, repeat: str | None, sentence: str
) -> None:
    sign_in(client, city)
    answer = change(client, city, new=new, repeat=repeat)
    assert answer.status_code == 422
    assert sentence in answer.get_data(as_text=True)
    assert sign_in(client, city).status_code == 303


def test_the_present_password_is_asked_for_and_counted(client: FlaskClient, city: SmallCity) -> None:
    sign_in(client, city)
    for _time in range(5):
        assert change(client, city, present="wrong").status_code == 422
    answer = change(client, city)
    assert answer.status_code == 422
    assert "已锁定到" in answer.get_data(as_text=True)


def test_a_one_time_password_opens_only_the_page_to_change_it(app: Flask, client: FlaskClient, city: SmallCity) -> None:
    with in_city(app, city.id):
        person, once = accounts.make_person("wang.qi", "王七")
        assert once is not None
        assert once not in person.password_hash
    sign_in(client, city, "wang.qi", once)
    answer = client.get(city.url("sign-ins"))
    assert answer.status_code == 303
    assert answer.location == city.url("password")
    assert "首次登录须先改口令" in client.get(city.url("password")).get_data(as_text=True)
    assert change(client, city, present=once).status_code == 303
    assert client.get(city.url("sign-ins")).status_code == 200


def test_a_reset_gives_a_new_one_time_password_and_ends_all_sessions(app: Flask, city: SmallCity) -> None:
    client = app.test_client()
    sign_in(client, city, city.chen_name)
    with in_city(app, city.id):
        once = accounts.give_one_time_password(Actor(city.lin_id, city.id, "林朵"), city.chen_id)
    assert client.get(city.url("sign-ins")).status_code == 303
    assert sign_in(app.test_client(), city, city.chen_name, once).status_code == 303


def test_confirming_oneself_counts_failures_that_survive_the_refusal(app: Flask, city: SmallCity) -> None:
    actor = Actor(city.lin_id, city.id, "林朵")
    for time in range(1, 7):
        with app.test_request_context(), in_city(app, city.id):
            with pytest.raises(Invalid) as refused:
                signing_in.confirm_password(actor, "wrong" if time < 6 else PASSWORD, "10.0.0.9")
            assert refused.value.fields["password"]
            assert ("已锁定到" in refused.value.sentence) == (time >= 5)
    with in_city(app, city.id):
        signing_in.confirm_password(actor, PASSWORD, "10.0.0.10")


def test_a_password_that_was_never_stored_never_fits() -> None:
    assert not passwords.fits(None, "whatever it is")
    assert not passwords.fits("not a hash", "whatever it is")
    assert passwords.fits(passwords.hashed("Å grad"), "A\u030a grad")


def test_too_many_at_once_are_told_so(monkeypatch: pytest.MonkeyPatch, app: Flask) -> None:
    monkeypatch.setattr(passwords, "_turn", threading.BoundedSemaphore(1))
    monkeypatch.setattr(passwords, "PATIENCE", 0.01)
    with app.test_request_context(), passwords._in_turn(), pytest.raises(passwords.Busy) as refused:
        passwords.fits(None, "whatever")
    assert refused.value.status == 503


def test_one_acts_in_another_of_ones_posts(app: Flask, client: FlaskClient, city: SmallCity) -> None:
    sign_in(client, city)
    token = csrf_token(client, city.url("sign-ins"))
    first, second = city.lin_posts
    answer = client.post(city.url("acting-post"), data={"csrf_token": token, "post": str(second), "next": city.url("sign-ins")})
    assert answer.status_code == 303
    page = client.get(city.url("sign-ins")).get_data(as_text=True)
    assert f'value="{second}" aria-current="true"' in page
    assert str(Role.SECRETARIAT.label) in page
    for strange in ("999999999", "x", ""):
        answer = client.post(city.url("acting-post"), data={"csrf_token": token, "post": strange})
        assert answer.status_code == 404
    assert first != second


def test_one_ends_ones_own_sessions_and_nobody_elses(app: Flask, city: SmallCity) -> None:
    here, elsewhere, chen = app.test_client(), app.test_client(), app.test_client()
    sign_in(here, city)
    sign_in(elsewhere, city)
    sign_in(chen, city, city.chen_name)
    with in_city(app, city.id):
        rows = db.session.scalars(select(SignInSession).order_by(SignInSession.started_at)).all()
        mine, other, his = (row.id for row in rows)
    assert f"sign-ins/{other}/end" in here.get(city.url("sign-ins")).get_data(as_text=True)
    token = csrf_token(here, city.url("sign-ins"))
    assert here.post(city.url(f"sign-ins/{his}/end"), data={"csrf_token": token}).status_code == 404
    assert here.post(city.url(f"sign-ins/{other}/end"), data={"csrf_token": token}).status_code == 303
    assert elsewhere.get(city.url("sign-ins")).status_code == 303
    assert chen.get(city.url("sign-ins")).status_code == 200
    sign_in(elsewhere, city)
    assert here.post(city.url("sign-ins/end-others"), data={"csrf_token": token}).status_code == 303
    assert "end-others" not in here.get(city.url("sign-ins")).get_data(as_text=True), "there are no others any more"
    assert elsewhere.get(city.url("sign-ins")).status_code == 303
    assert here.get(city.url("sign-ins")).status_code == 200
    assert mine != other


def test_the_language_is_the_browsers_before_sign_in_and_the_persons_after(
    app: Flask, client: FlaskClient, city: SmallCity
) -> None:
    address = city.url("sign-in")
    assert 'lang="zh-CN"' in client.get(address).get_data(as_text=True)
    assert '<html lang="en"' in client.get(address, headers={"Accept-Language": "en-GB,en"}).get_data(as_text=True)
    client.post(city.url("language"), data={"csrf_token": csrf_token(client, address), "language": "en"})
    assert '<html lang="en"' in client.get(address).get_data(as_text=True)
    sign_in(client, city)
    client.post(city.url("language"), data={"csrf_token": csrf_token(client, city.url("sign-ins")), "language": "zh"})
    with in_city(app, city.id):
        assert db.session.scalars(select(Person.language).where(Person.id == city.lin_id)).one() == "zh"
    elsewhere = app.test_client()
    sign_in(elsewhere, city)
    page = elsewhere.get(city.url("sign-ins"), headers={"Accept-Language": "en"}).get_data(as_text=True)
    assert '<html lang="zh-CN"' in page


def test_a_language_that_is_not_offered_is_refused(client: FlaskClient, city: SmallCity) -> None:
    answer = client.post(city.url("language"), data={"csrf_token": csrf_token(client, city.url("sign-in")), "language": "../en"})
    assert answer.status_code == 422
