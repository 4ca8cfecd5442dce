"""What tests need of the door: a small city, a password, signing in as a browser does it, working as a job does."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from http.cookies import SimpleCookie
from typing import Any, Protocol
from urllib.parse import urlsplit

import pyotp
from flask import Flask, Response, current_app
from flask.testing import FlaskClient
from flask_wtf.csrf import generate_csrf
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from portal.identity import authentication, passwords
from portal.identity.authentication import KNOWN
from portal.identity.models import Person, SecondFactor
from portal.identity.queries import person_named
from portal.identity.routes import signing_in as signing_in_routes
from portal.identity.service import signing_in
from portal.kernel import clock
from portal.kernel.db import db, enter
from portal.vault.encryption import seal

KEY = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"  # of everybody's one-time codes, where he has any
PASSWORD = "柳浪闻莺-0577-春晓"


class Browser(FlaskClient):
    """Goes on to the address that bears a page's key, as every browser does; whatever else it is sent on to is the test's."""

    def open(self, *args: Any, buffered: bool = False, follow_redirects: bool = False, **more: Any) -> TestResponse:
        answer = super().open(*args, buffered=buffered, follow_redirects=follow_redirects, **more)
        there = urlsplit(answer.headers.get("Location", ""))
        keyed = answer.request.method in ("GET", "HEAD") and there.path == answer.request.path and "key=" in there.query
        if answer.status_code != 303 or not keyed:
            return answer
        more.pop("query_string", None)
        keyed_address = f"{there.path}?{there.query}"
        return super().open(keyed_address, *args[1:], buffered=buffered, follow_redirects=follow_redirects, **more)


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


class Reachable(Protocol):
    """A city with an address: a small one, a world."""

    id: int

    def url(self, path: str) -> str: ...


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


@contextmanager
def as_browser(client: FlaskClient, address: str) -> Iterator[Callable[[Response], None]]:
    """Inside a request of this browser for that page, past the door. What the portal then sets in cookies the browser
    keeps, once the answer is given to what this yields."""
    kept = {name: client.get_cookie(name) for name in ("duban", KNOWN)}
    cookies = "; ".join(f"{name}={cookie.value}" for name, cookie in kept.items() if cookie)
    app = client.application

    def answer(given: Response) -> None:
        finished = app.process_response(given)
        assert finished.status_code < 400
        for header in finished.headers.getlist("Set-Cookie"):
            for name, cookie in SimpleCookie(header).items():
                client.set_cookie(name, cookie.value, httponly=bool(cookie["httponly"]), samesite=cookie["samesite"] or None)

    with app.test_request_context(address, headers={"Cookie": cookies}, environ_base={"REMOTE_ADDR": "127.0.0.1"}):
        assert app.preprocess_request() is None
        yield answer


def let_in(client: FlaskClient, city: Reachable, name: str = "lin.duo") -> FlaskClient:
    """Somebody who has shown who they are, in this browser, from here on: what the portal does once the password (and the
    code) was judged, without judging it. Signing in itself is tried in tests/identity and tests/browser."""
    with as_browser(client, city.url("sign-in")) as answer:
        person = person_named(name)
        assert person is not None and person.active, name
        answer(
            signing_in_routes.let_in(*signing_in.begin(person, authentication.address(), current_app.config["SESSION_ABSOLUTE"]))
        )
    return client


def token_for(client: FlaskClient, city: Reachable) -> str:
    """A token for a form, as the pages of this browser's session carry it."""
    with as_browser(client, city.url("sign-in")) as answer:
        token: str = generate_csrf()
        answer(current_app.make_response(""))
    return token


def csrf_token(client: FlaskClient, address: str) -> str:
    """The token of the forms on that page."""
    page = client.get(address, follow_redirects=True).get_data(as_text=True)
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found, address
    return found[1]


def sign_in(
    client: FlaskClient, city: Reachable, name: str = "lin.duo", password: str = PASSWORD, onward: str = ""
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


def flat(html: str) -> str:
    """The page without the white space that only its layout brought: every run is one blank, none stands beside a tag."""
    return re.sub(r"\s*(</?)([^>]*?)\s*(>)\s*", r"\1\2\3", re.sub(r"\s+", " ", html))
