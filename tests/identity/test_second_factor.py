"""The second factor: set up, asked for, not to be replayed, locked like the password, and replaced by recovery codes."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.identity.models import RecoveryCode, SecondFactor
from portal.kernel import clock
from portal.kernel.db import db
from tests.at_the_door import KEY, PASSWORD, SmallCity, code_now, csrf_token, give_second_factor, in_city, sign_in

NOW = datetime(2026, 11, 2, 2, 0, 10, tzinfo=UTC)


@pytest.fixture
def lin(app: Flask, city: SmallCity) -> SmallCity:
    """Lin has a second factor."""
    with in_city(app, city.id):
        give_second_factor(city.lin_id)
    return city


def halfway(client: FlaskClient, city: SmallCity, password: str = PASSWORD):
    address = city.url("sign-in")
    return client.post(address, data={"csrf_token": csrf_token(client, address), "name": city.lin_name, "password": password})


def send(client: FlaskClient, city: SmallCity, code: str):
    address = city.url("sign-in/code")
    return client.post(address, data={"csrf_token": csrf_token(client, address), "passcode": code})


def set_up(client: FlaskClient, city: SmallCity) -> tuple[str, list[str]]:
    """Sets up a second factor by its pages; the key, and the recovery codes."""
    address = city.url("second-factor")
    token = csrf_token(client, address)
    assert client.post(city.url("second-factor/begin"), data={"csrf_token": token}).status_code == 303
    page = client.get(address).get_data(as_text=True)
    assert "data:image/svg+xml" in page
    found = re.search(r'<code class="key">([A-Z2-7 ]+)</code>', page)
    assert found
    key = found[1].replace(" ", "")
    answer = client.post(address, data={"csrf_token": token, "passcode": pyotp.TOTP(key).at(clock.now())})
    shown = answer.get_data(as_text=True)
    assert answer.status_code == 200, shown
    return key, re.findall(r"<li><code>([a-z0-9-]+)</code>", shown)


def test_the_password_alone_opens_nothing(client: FlaskClient, lin: SmallCity) -> None:
    answer = halfway(client, lin)
    assert answer.status_code == 303
    assert answer.location.endswith("/sign-in/code")
    assert client.get(lin.url("sign-ins")).status_code == 303
    assert "还差一步" in client.get(lin.url("sign-in/code")).get_data(as_text=True)


def test_the_code_of_now_signs_in_and_leads_on(client: FlaskClient, lin: SmallCity) -> None:
    answer = sign_in(client, lin, onward=f"?next={lin.url('sign-ins')}")
    assert answer.status_code == 303
    assert answer.location == lin.url("sign-ins")
    assert client.get(lin.url("sign-ins")).status_code == 200


def test_without_a_password_the_second_step_leads_back_to_the_first(client: FlaskClient, lin: SmallCity) -> None:
    answer = client.get(lin.url("sign-in/code"))
    assert answer.status_code == 303
    assert answer.location == lin.url("sign-in")


def test_half_the_way_lasts_five_minutes_and_not_beyond_a_change_of_password(
    app: Flask, client: FlaskClient, lin: SmallCity, monkeypatch: pytest.MonkeyPatch
) -> None:
    from portal.identity import authentication, passwords, queries

    halfway(client, lin)
    monkeypatch.setattr(authentication, "HALFWAY_FOR", timedelta(seconds=-1))
    assert client.get(lin.url("sign-in/code")).location == lin.url("sign-in")
    monkeypatch.undo()
    token = csrf_token(client, lin.url("sign-in/code"))
    with app.test_request_context(), in_city(app, lin.id):
        person = queries.person_by_id(lin.lin_id)
        assert person is not None
        person.password_hash = passwords.hashed("另一个口令-0577-春晓")
    answer = client.post(lin.url("sign-in/code"), data={"csrf_token": token, "passcode": code_now()})
    assert answer.location == lin.url("sign-in")
    assert client.get(lin.url("sign-ins")).status_code == 303


@pytest.mark.parametrize(("seconds", "good"), [(-30, True), (30, True), (-60, False), (60, False)])
def test_a_clock_may_be_half_a_minute_off(client: FlaskClient, lin: SmallCity, seconds: int, good: bool) -> None:
    with clock.set_to(NOW):
        halfway(client, lin)
        code = pyotp.TOTP(KEY).at(NOW + timedelta(seconds=seconds))
        assert send(client, lin, code).status_code == (303 if good else 422)


def test_a_used_code_is_refused_and_so_is_an_older_one(app: Flask, lin: SmallCity) -> None:
    with clock.set_to(NOW):
        for code, status in (
            (pyotp.TOTP(KEY).at(NOW), 303),
            (pyotp.TOTP(KEY).at(NOW), 422),
            (pyotp.TOTP(KEY).at(NOW - timedelta(seconds=30)), 422),
            (pyotp.TOTP(KEY).at(NOW + timedelta(seconds=30)), 303),
        ):
            client = app.test_client()
            halfway(client, lin)
            assert send(client, lin, code).status_code == status


def test_a_code_used_while_the_clock_was_years_ahead_does_not_shut_out_those_of_now(app: Flask, lin: SmallCity) -> None:
    with clock.set_to(clock.now() + timedelta(days=400)):
        browser = app.test_client()
        halfway(browser, lin)
        assert send(browser, lin, pyotp.TOTP(KEY).at(clock.now())).status_code == 303
    moment = clock.now()
    with clock.set_to(moment):
        code = pyotp.TOTP(KEY).at(moment)
        for status in (303, 422):
            browser = app.test_client()
            halfway(browser, lin)
            assert send(browser, lin, code).status_code == status, "used once, as ever"


def stranger(app: Flask, number: int) -> FlaskClient:
    """A browser at an address of its own."""
    client = app.test_client()
    client.environ_base["REMOTE_ADDR"] = f"192.0.2.{number}"
    return client


def test_wrong_codes_lock_like_wrong_passwords_and_a_right_password_resets_nothing(app: Flask, lin: SmallCity) -> None:
    client = app.test_client()
    with clock.set_to(NOW):
        for time in range(1, 6):
            halfway(client, lin)
            answer = send(client, lin, "000000")
            assert answer.status_code == 422
            assert ("已锁定到" in answer.get_data(as_text=True)) == (time == 5)
        assert halfway(client, lin).status_code == 303
        refused = send(client, lin, code_now())
        assert refused.status_code == 422
        assert "已锁定到" in refused.get_data(as_text=True)
    with clock.set_to(NOW + timedelta(minutes=16)):
        assert sign_in(client, lin).status_code == 303


@pytest.mark.parametrize("guess", ["000000", "aaaa-bbbb-cccc"])
def test_codes_and_recovery_codes_guessed_from_many_places_lock_the_account(app: Flask, lin: SmallCity, guess: str) -> None:
    with clock.set_to(NOW):
        for number in range(1, 6):
            client = stranger(app, number)
            halfway(client, lin)
            assert ("已锁定到" in send(client, lin, guess).get_data(as_text=True)) == (number == 5)
        late = stranger(app, 6)
        halfway(late, lin)
        assert send(late, lin, code_now()).status_code == 422


def test_codes_guessed_while_confirming_and_while_signing_in_are_counted_together(app: Flask, lin: SmallCity) -> None:
    with clock.set_to(NOW):
        inside = app.test_client()
        sign_in(inside, lin)
        token = csrf_token(inside, lin.url("confirm"))
        for number in range(1, 4):
            client = stranger(app, number)
            halfway(client, lin)
            send(client, lin, "000000")
        confirm = lambda code, password=PASSWORD: inside.post(
            lin.url("confirm"), data={"csrf_token": token, "password": password, "passcode": code}
        ).get_data(as_text=True)
        assert "再错 1 次锁定" in confirm("000000")
        assert "已锁定到" in confirm("000000")
        assert "已锁定到" in confirm(code_now())
        assert "再错 4 次锁定" in confirm("000000", "a wrong password")  # passwords are counted by themselves
    with clock.set_to(NOW + timedelta(minutes=16)):
        assert sign_in(stranger(app, 9), lin).status_code == 303


def test_who_does_not_know_the_password_locks_nobody_out_of_codes(app: Flask, lin: SmallCity) -> None:
    with clock.set_to(NOW):
        for number in range(1, 5):  # more, and a new place is asked to wait (pace)
            client = stranger(app, number)
            for _time in range(6):
                halfway(client, lin, "a guess")
            send(client, lin, "000000")
        assert sign_in(stranger(app, 9), lin).status_code == 303


def test_a_right_code_forgets_the_wrong_ones(app: Flask, lin: SmallCity) -> None:
    with clock.set_to(NOW):
        for _round in range(3):
            client = app.test_client()
            for _time in range(4):
                halfway(client, lin)
                send(client, lin, "000000")
            assert sign_in(client, lin).status_code == 303


def test_leaving_half_the_way_locks_nobody(app: Flask, lin: SmallCity) -> None:
    client = app.test_client()
    for _time in range(7):
        assert halfway(client, lin).status_code == 303
    assert sign_in(client, lin).status_code == 303


def test_setting_it_up_shows_ten_recovery_codes_once_and_keeps_digests_alone(
    app: Flask, client: FlaskClient, city: SmallCity
) -> None:
    sign_in(client, city)
    key, codes = set_up(client, city)
    assert len(set(codes)) == 10
    page = client.get(city.url("second-factor")).get_data(as_text=True)
    assert "已启用" in page
    assert "10 个" in page
    assert codes[0] not in page
    assert key not in page.replace(" ", "")
    with in_city(app, city.id):
        row = db.session.scalars(select(SecondFactor)).one()
        assert key.encode() not in row.sealed
        kept = " ".join(db.session.scalars(select(RecoveryCode.digest)))
        assert not any(code in kept or code.replace("-", "") in kept for code in codes)
    other = app.test_client()
    halfway(other, city)
    assert send(other, city, codes[3].replace("-", " ").upper()).status_code == 303
    once_more = app.test_client()
    halfway(once_more, city)
    assert send(once_more, city, codes[3]).status_code == 422


def test_a_wrong_first_code_brings_nothing_into_force(client: FlaskClient, city: SmallCity) -> None:
    sign_in(client, city)
    token = csrf_token(client, city.url("second-factor"))
    client.post(city.url("second-factor/begin"), data={"csrf_token": token})
    for typed, sentence in (("000000", "动态口令不对"), ("", "请填写动态口令"), ("一二三", "动态口令不对")):
        answer = client.post(city.url("second-factor"), data={"csrf_token": token, "passcode": typed})
        assert answer.status_code == 422
        assert sentence in answer.get_data(as_text=True)
    assert sign_in(client, city).status_code == 303


def test_ones_sign_ins_say_whether_password_or_code_was_wrong_and_from_where(app: Flask, city: SmallCity) -> None:
    with clock.set_to(NOW):
        client = app.test_client()
        sign_in(client, city)
        key, _codes = set_up(client, city)
    with clock.set_to(NOW + timedelta(minutes=1)):
        client = app.test_client()
        halfway(client, city)
        assert send(client, city, "000000").status_code == 422
        send(client, city, pyotp.TOTP(key).at(clock.now()))
        form = {"csrf_token": csrf_token(client, city.url("second-factor")), "password": "wrong", "passcode": "1"}
        client.post(city.url("second-factor/end"), data=form)
        page = client.get(city.url("sign-ins")).get_data(as_text=True)
    assert "动态口令不对" in page and ">口令不对" in page
    assert "browser:" not in page and "127.0.0.1" in page


def test_ending_it_and_new_recovery_codes_take_password_and_code(app: Flask, city: SmallCity) -> None:
    with clock.set_to(NOW):
        client = app.test_client()
        sign_in(client, city)
        key, _codes = set_up(client, city)
        token = csrf_token(client, city.url("second-factor"))
        for data in ({"password": PASSWORD, "passcode": "000000"}, {"password": "wrong", "passcode": "1"}, {"password": PASSWORD}):
            for act in ("second-factor/end", "second-factor/recovery-codes"):
                assert client.post(city.url(act), data={"csrf_token": token, **data}).status_code == 422
    with clock.set_to(NOW + timedelta(minutes=1)):
        client = app.test_client()
        with clock.set_to(NOW + timedelta(minutes=20)):
            halfway(client, city)
            send(client, city, pyotp.TOTP(key).at(clock.now()))
            token = csrf_token(client, city.url("second-factor"))
            later = pyotp.TOTP(key).at(clock.now() + timedelta(seconds=30))
            answer = client.post(city.url("second-factor/end"), data={"csrf_token": token, "password": PASSWORD, "passcode": later})
            assert answer.status_code == 303
            assert sign_in(app.test_client(), city).location != city.url("sign-in/code")


def test_where_the_city_makes_it_compulsory_nothing_else_opens_before(app: Flask, client: FlaskClient, city: SmallCity) -> None:
    from portal.identity.models import SecurityRules

    sign_in(client, city)
    with in_city(app, city.id):
        db.session.add(SecurityRules(dengbao=False, second_factor_for_all=True, changed_at=clock.now()))
    answer = client.get(city.url("sign-ins"))
    assert answer.status_code == 303
    assert answer.location == city.url("second-factor")
    set_up(client, city)
    assert client.get(city.url("sign-ins")).status_code == 200
    token = csrf_token(client, city.url("second-factor"))
    answer = client.post(city.url("second-factor/end"), data={"csrf_token": token, "password": PASSWORD, "passcode": "1"})
    assert answer.status_code == 403
