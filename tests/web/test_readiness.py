"""What is answered to whoever asks whether the portal lives and may be given requests: soon, cheaply, nothing but names."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.engine import Engine, make_url
from werkzeug.test import TestResponse

from portal.app import create_app
from portal.config import Settings
from portal.kernel.db import db
from portal.local.postgres import conninfo
from portal.web import readiness
from portal.web.readiness import Look
from tests.conftest import Database

READY = {"ready": True, "database": "ok", "migrations": "ok", "walls": "ok", "redis": "ok", "address": "ok"}
Making = Callable[..., FlaskClient]


@pytest.fixture
def making(database: Database, redis_url: str, keys: dict[str, str]) -> Iterator[Making]:
    """Makes a portal that differs from the tests' own by its environment; nothing is remembered from another's look."""
    made: list[Flask] = []

    def make(**environment: str) -> FlaskClient:
        env = keys | {"DATABASE_URL": database.app_url, "REDIS_URL": redis_url} | environment
        made.append(create_app(Settings.from_environment(env), TESTING=True))
        return made[-1].test_client()

    yield make
    for portal in made:
        with portal.app_context():
            db.engine.dispose()


@contextmanager
def silent_server() -> Iterator[int]:
    """The port of a server that lets everybody in and never says a word, as one that hangs."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def timed(client: FlaskClient) -> tuple[TestResponse, float]:
    began = time.monotonic()
    return client.get("/readyz"), time.monotonic() - began


def test_a_portal_that_lacks_nothing_is_ready(making: Making) -> None:
    answer = making().get("/readyz")
    assert (answer.status_code, answer.json) == (200, READY)
    assert answer.headers["Cache-Control"] == "no-store"


def test_being_alive_asks_nobody(making: Making) -> None:
    with silent_server() as port:
        client = making(DATABASE_URL=f"postgresql://app:x@127.0.0.1:{port}/x", REDIS_URL=f"redis://127.0.0.1:{port}")
        began = time.monotonic()
        answer = client.get("/healthz")
    assert (answer.status_code, answer.data) == (200, b"ok\n")
    assert time.monotonic() - began < 0.5


def test_a_database_that_hangs_is_told_in_time_and_then_at_once(making: Making) -> None:
    with silent_server() as port:
        client = making(DATABASE_URL=f"postgresql://app:secret-word@127.0.0.1:{port}/x")
        first, took = timed(client)
        again, at_once = timed(client)
    assert first.status_code == again.status_code == 503
    assert first.json == READY | {"ready": False} | dict.fromkeys(readiness.NEEDED, "not ok")
    assert took < 3 and at_once < 0.5
    assert str(port) not in first.text and "secret-word" not in first.text


def test_a_database_that_is_not_there_is_told(making: Making) -> None:
    answer, took = timed(making(DATABASE_URL="postgresql://app:x@127.0.0.1:1/x"))
    assert (answer.status_code, answer.json["database"], took < 3) == (503, "not ok", True)


@pytest.mark.parametrize("hangs", [True, False])
def test_redis_is_named_and_no_node_is_taken_out_for_it(making: Making, hangs: bool) -> None:
    with silent_server() as port:
        answer, took = timed(making(REDIS_URL=f"redis://127.0.0.1:{port if hangs else 1}"))
    assert (answer.status_code, answer.json) == (200, READY | {"redis": "not ok"})
    assert took < 3


@contextmanager
def changed(database: Database, there: str, back: str) -> Iterator[None]:
    with psycopg.connect(conninfo(make_url(database.owner_url)), autocommit=True) as owner:
        owner.execute(there)  # type: ignore[arg-type]
        try:
            yield
        finally:
            owner.execute(back)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("there", "back"),
    [
        ("update alembic_version set version_num = '0000'", "update alembic_version set version_num = '{}'"),
        ("insert into alembic_version values ('9999')", "delete from alembic_version where version_num = '9999'"),
        ("revoke select on alembic_version from app", "grant select on alembic_version to app"),
        ("alter table alembic_version rename to elsewhere", "alter table elsewhere rename to alembic_version"),
    ],
)
def test_another_revision_than_the_codes_own_is_not_ready(making: Making, database: Database, there: str, back: str) -> None:
    (head,) = readiness.revisions.heads()
    with changed(database, there, back.format(head)):
        answer = making().get("/readyz")
    assert (answer.status_code, answer.json) == (503, READY | {"ready": False, "migrations": "not ok"})
    assert making().get("/readyz").status_code == 200


def test_a_wall_that_is_down_is_not_ready(making: Making, database: Database) -> None:
    client = making()
    with changed(database, "alter table person disable row level security", "alter table person enable row level security"):
        answer = client.get("/readyz")
    assert (answer.status_code, answer.json) == (503, READY | {"ready": False, "walls": "not ok"})
    time.sleep(readiness.KEPT + 0.1)
    assert client.get("/readyz").status_code == 200


def test_a_lock_on_the_tables_that_are_looked_at_does_not_hang_it(making: Making, database: Database) -> None:
    with psycopg.connect(conninfo(make_url(database.owner_url))) as owner:
        owner.execute("lock table alembic_version in access exclusive mode")
        answer, took = timed(making())
    assert (answer.status_code, answer.json["migrations"], took < 3) == (503, "not ok", True)


def test_however_often_one_asks_the_database_is_looked_at_once_a_second(making: Making) -> None:
    connections: list[object] = []

    def count(*_anything: object) -> None:
        connections.append(1)

    client = making()
    event.listen(Engine, "do_connect", count)
    try:
        with ThreadPoolExecutor(8) as many:
            answers = list(many.map(lambda _: client.application.test_client().get("/readyz"), range(100)))
    finally:
        event.remove(Engine, "do_connect", count)
    assert [answer.status_code for answer in answers] == [200] * 100
    assert len(connections) <= 3


def test_a_look_that_hangs_is_not_asked_again_until_it_ends() -> None:
    asked, let_go = [], Event()

    def ask() -> Mapping[str, bool]:
        asked.append(1)
        let_go.wait(30)
        return {"it": True}

    look = Look(("it",), ask)
    with ThreadPoolExecutor(8) as many:
        began = time.monotonic()
        assert list(many.map(lambda _: look(), range(8))) == [{"it": False}] * 8
    assert time.monotonic() - began < readiness.PATIENCE + 1
    assert look() == {"it": False} and len(asked) == 1
    let_go.set()
    time.sleep(readiness.KEPT + 0.2)
    assert look() == {"it": True} and len(asked) == 2


def test_a_look_that_breaks_is_a_no_and_the_log_does_not_quote_it(caplog: pytest.LogCaptureFixture) -> None:
    def ask() -> Mapping[str, bool]:
        raise ValueError("postgresql://app:secret-word@10.0.0.7")

    assert Look(("it",), ask)() == {"it": False}
    assert "ValueError" in caplog.text and "secret-word" not in caplog.text
