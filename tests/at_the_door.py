"""What tests need of the door: a small city, a password, signing in as a browser does it, working as a job does."""
from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from portal.kernel.db import db, enter

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


def csrf_token(client: FlaskClient, address: str) -> str:
    """The token of the forms on that page."""
    page = client.get(address, follow_redirects=True).get_data(as_text=True)
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found, address
    return found[1]


def sign_in(client: FlaskClient, city: SmallCity, name: str = "lin.duo", password: str = PASSWORD,
            onward: str = "") -> TestResponse:
    """Fills in and sends the sign-in page."""
    address = city.url("sign-in") + onward
    return client.post(address, data={"csrf_token": csrf_token(client, address), "name": name, "password": password})
