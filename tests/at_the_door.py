"""What tests need of the door: a small city, a password, signing in as a browser does it, working as a job does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

import pyotp
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from portal.identity import passwords
from portal.identity.models import Person, SecondFactor
from portal.kernel import clock
from portal.kernel.db import db, enter
from portal.vault.box import seal

KEY = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"  # of everybody's one-time codes, where he has any
PASSWORD = "柳浪闻莺-0577-春晓"


@dataclass(frozen=True)
class SmallCity:
    """A city of a test's own, with two people: 林 with two posts, 陈 with none. Both have PASSWORD."""

    id: int
    slug: str
    name: str
    lin_id: int
    chen_id: int
    lin_posts: tuple[int, int]
    lin_name: str = "lin.duo"
    chen_name: str = "chen.wu"

    def url(self, path: str) -> str:
        """An address of this city."""
        return f"/{self.slug}/{path}"


@contextmanager
def in_city(app: Flask, city_id: int, person_id: int | None = None) -> Iterator[None]:
    """Works in a city as a job does, and commits at the end."""
    with app.app_context():
        enter(city_id)
        yield
        db.session.commit()


@cache
def stored(password: str) -> str:
    """The password in its stored form, computed once a process: Argon2 takes its time."""
    return passwords.hashed(password)


def csrf_token(client: FlaskClient, address: str) -> str:
    """The token of the forms on that page."""
    page = client.get(address, follow_redirects=True).get_data(as_text=True)
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found, address
    return found[1]


def sign_in(
    client: FlaskClient, city: SmallCity, name: str = "lin.duo", password: str = PASSWORD, onward: str = ""
) -> TestResponse:
    """Fills in and sends the sign-in page, and its second step where there is one."""
    address = city.url("sign-in") + onward
    answer = client.post(address, data={"csrf_token": csrf_token(client, address), "name": name, "password": password})
    if answer.status_code != 303 or "/sign-in/code" not in answer.headers["Location"]:
        return answer
    step = answer.headers["Location"]
    code = next_code(client.application, city.id, name)
    return client.post(step, data={"csrf_token": csrf_token(client, step), "passcode": code})


def give_second_factor(person_id: int) -> None:
    """This person has a second factor, whose key the tests know; inside `in_city`."""
    db.session.add(
        SecondFactor(
            person_id=person_id,
            sealed=seal(KEY.encode(), f"second_factor:{person_id}"),
            made_at=clock.now(),
            in_force_at=clock.now(),
        )
    )


def code_now() -> str:
    """What the telephone shows now."""
    return pyotp.TOTP(KEY).at(clock.now())


def next_code(app: Flask, city_id: int, name: str) -> str:
    """The code of now, as if half a minute had passed since the last was used: no test waits for one."""
    with in_city(app, city_id):
        whose = select(Person.id).where(Person.city_id == city_id, Person.sign_in_name == name).scalar_subquery()
        db.session.execute(update(SecondFactor).where(SecondFactor.person_id == whose).values(last_counter=None))
    return code_now()
