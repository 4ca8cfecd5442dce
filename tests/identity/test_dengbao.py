"""Passwords under 等保: what they are made of, none of the last five, a new one every 90 days."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from portal.identity import passwords
from portal.identity.models import Person, SecurityRules
from portal.kernel import clock
from portal.kernel.db import db
from tests.at_the_door import PASSWORD, SmallCity, csrf_token, in_city, sign_in

GOOD = "Xihu-2026"


@pytest.fixture
def dengbao(app: Flask, city: SmallCity) -> SmallCity:
    """The city has the profile on."""
    with in_city(app, city.id):
        db.session.add(SecurityRules(dengbao=True, second_factor_for_all=False, changed_at=clock.now()))
    return city


def change(client: FlaskClient, city: SmallCity, present: str, new: str):
    address = city.url("password")
    return client.post(
        address, data={"csrf_token": csrf_token(client, address), "password": present, "new_password": new, "repeat_password": new}
    )


def aged(app: Flask, city: SmallCity, days: float) -> None:
    with in_city(app, city.id):
        when = clock.now() - timedelta(days=days)
        db.session.execute(update(Person).where(Person.id == city.lin_id).values(password_changed_at=when))


@pytest.mark.parametrize(
    ("new", "sentence"),
    [
        ("Ab1-xyz", "至少 8 位"),
        ("abcdefgh1", "至少三种"),
        ("西湖断桥残雪三潭印月", "至少三种"),
        ("Password1", "太常见"),
    ],
)
def test_what_it_must_be_made_of(app: Flask, dengbao: SmallCity, new: str, sentence: str) -> None:
    with app.test_request_context():
        said = passwords.objection(new, "lin.duo", "林朵", dengbao=True)
    assert said and sentence in said


@pytest.mark.parametrize("new", [GOOD, "西湖Ab12雨奇", "aB3-aB3-"])
def test_eight_characters_of_three_kinds_are_enough(app: Flask, new: str) -> None:
    with app.test_request_context():
        assert passwords.objection(new, "lin.duo", "林朵", dengbao=True) is None


def test_none_of_the_last_five_is_taken_again(client: FlaskClient, dengbao: SmallCity) -> None:
    sign_in(client, dengbao)
    words = [PASSWORD, *(f"Xihu-202{number}" for number in range(7))]
    for before, new in itertools.pairwise(words):
        assert change(client, dengbao, before, new).status_code == 303
    answer = change(client, dengbao, words[-1], words[-4])
    assert answer.status_code == 422
    assert "最近 5 次用过的口令不能再用" in answer.get_data(as_text=True)
    assert change(client, dengbao, words[-1], words[1]).status_code == 303


def test_an_old_password_is_changed_first(app: Flask, client: FlaskClient, dengbao: SmallCity) -> None:
    aged(app, dengbao, 91)
    sign_in(client, dengbao)
    answer = client.get(dengbao.url("sign-ins"))
    assert answer.location == dengbao.url("password")
    assert "口令已满 90 天" in client.get(dengbao.url("password")).get_data(as_text=True)
    assert change(client, dengbao, PASSWORD, GOOD).status_code == 303
    assert client.get(dengbao.url("sign-ins")).status_code == 200


def test_a_week_before_he_is_warned(app: Flask, dengbao: SmallCity) -> None:
    for days, warned in ((82, False), (84, True)):
        aged(app, dengbao, days)
        client = app.test_client()
        sign_in(client, dengbao)
        assert ("到期，请在此之前更改" in client.get(dengbao.url("sign-ins")).get_data(as_text=True)) == warned


def test_a_city_that_decided_nothing_lets_passwords_grow_old(app: Flask, client: FlaskClient, city: SmallCity) -> None:
    aged(app, city, 400)
    sign_in(client, city)
    assert client.get(city.url("sign-ins")).status_code == 200
