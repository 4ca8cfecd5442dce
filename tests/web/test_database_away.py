"""A connection to the database that breaks at any instant of a request: a sentence, nothing half-written, nothing twice,
and what was typed comes back ready to be sent again."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import psycopg
import pytest
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.engine import make_url
from werkzeug.test import TestResponse

from portal.kernel.db import PortalSession, db
from portal.local.postgres import conninfo
from tests.conftest import Database
from tests.world import World, new_world, world

__all__ = ["new_world", "world"]

WORDS = "已到三个小区核查。\n第二行：“加装电梯”<协议>已签。"


@contextmanager
def cut(database: Database, instant: str) -> Iterator[None]:
    """The next request's connection is cut at that instant of its transaction."""
    done = False

    def act(session: Any, *rest: Any) -> None:
        nonlocal done
        if not done:
            done = True
            connection = rest[1] if instant == "after_begin" else session.connection()
            pid = connection.connection.driver_connection.info.backend_pid
            with psycopg.connect(conninfo(make_url(database.app_url)), autocommit=True) as other:
                other.execute("select pg_terminate_backend(%s, 5000)", [pid])

    event.listen(PortalSession, instant, act)
    try:
        yield
    finally:
        event.remove(PortalSession, instant, act)
    assert done


@contextmanager
def away(world: World) -> Iterator[None]:
    """Nobody gets a connection, as while the server is down; the worker remembers its cities, as when it serves."""

    def refuse(*_anything: Any) -> None:
        raise psycopg.OperationalError("connection refused")

    with world.app.app_context():
        engine = db.engine
    world.app.testing = False
    world.app.test_client().get(world.url("sign-in"))
    event.listen(engine, "do_connect", refuse)
    engine.dispose()
    try:
        yield
    finally:
        event.remove(engine, "do_connect", refuse)
        world.app.testing = True


@contextmanager
def lost_answer(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The next commit is carried out, and the connection breaks before its answer comes."""
    with world.app.app_context():
        dialect = db.engine.dialect
    commit, done = dialect.do_commit, False

    def broken(connection: Any) -> None:
        nonlocal done
        commit(connection)
        if not done:
            done = True
            raise psycopg.OperationalError("server closed the connection unexpectedly")

    with monkeypatch.context() as patch:
        patch.setattr(dialect, "do_commit", broken)
        yield
    assert done


def again(answer: TestResponse) -> dict[str, str]:
    """The fields of the form that stands on a page of the kind 503; it goes where the first one went."""
    form = re.search(r'<form method="post" enctype="[^"]+">.*?</form>', answer.get_data(as_text=True), re.S)
    assert form
    fields = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', form[0])
    return {name: html.unescape(value) for name, value in fields}


Report = Callable[..., TestResponse]


@pytest.fixture
def client(world: World) -> FlaskClient:
    """The handler's browser."""
    return world.browser("health.handler")


@pytest.fixture
def matter_id(world: World) -> UUID:
    """A matter at work."""
    return world.at_work()


@pytest.fixture
def report(world: World, client: FlaskClient, matter_id: UUID) -> Report:
    """Files a progress entry as the page's form does."""
    form = {"csrf_token": world.token(client), "version": str(world.matter(matter_id).version), "words": WORDS}

    def file(origin: str = "http://localhost", **more: str) -> TestResponse:
        return client.post(world.url(f"matters/{matter_id}/progress"), headers={"Origin": origin}, data=form | more)

    return file


def times_written(world: World, client: FlaskClient, matter_id: UUID) -> int:
    return client.get(world.url(f"matters/{matter_id}")).get_data(as_text=True).count("已到三个小区核查。")


@pytest.mark.parametrize("instant", ["after_begin", "after_flush", "before_commit"])
def test_whenever_it_breaks_nothing_is_written_and_what_was_typed_can_be_sent_again(
    world: World, database: Database, client: FlaskClient, matter_id: UUID, report: Report, instant: str
) -> None:
    with cut(database, instant):
        answer = report()
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "30"
    assert "系统正在维护" in answer.get_data(as_text=True) and "请不要关闭本页" in answer.get_data(as_text=True)
    assert times_written(world, client, matter_id) == 0
    fields = again(answer)
    assert fields["words"].replace("\r\n", "\n") == WORDS
    assert client.post(world.url(f"matters/{matter_id}/progress"), data=fields).status_code == 303
    assert times_written(world, client, matter_id) == 1


def test_while_it_is_away_everybody_is_told_and_what_was_typed_can_be_sent_when_it_is_back(
    world: World, client: FlaskClient, matter_id: UUID, report: Report
) -> None:
    with away(world):
        answers = [client.get(world.url("instructions")), client.get("/"), report()]
        alive = client.get("/healthz")
        door = world.app.test_client().get(world.url("sign-in"))
    assert [answer.status_code for answer in answers] == [503] * 3
    assert alive.data == b"ok\n"
    assert door.status_code == 200  # it asks nothing of the database
    assert all("系统正在维护" in answer.get_data(as_text=True) for answer in answers)
    assert client.post(world.url(f"matters/{matter_id}/progress"), data=again(answers[-1])).status_code == 303
    assert times_written(world, client, matter_id) == 1


def test_a_commit_whose_answer_was_lost_is_not_done_again(
    world: World, monkeypatch: pytest.MonkeyPatch, client: FlaskClient, matter_id: UUID, report: Report
) -> None:
    with lost_answer(world, monkeypatch):
        answer = report()
    assert answer.status_code == 503
    fields = again(answer)
    told = client.post(world.url(f"matters/{matter_id}/progress"), data=fields)
    assert told.status_code == 409
    assert "已到三个小区核查。" in told.get_data(as_text=True)
    assert times_written(world, client, matter_id) == 1


def test_neither_passwords_nor_classified_words_nor_a_strangers_form_come_back(database: Database, report: Report) -> None:
    with cut(database, "after_begin"):
        answer = report(password="柳浪闻莺", leader="机密★10年")
    fields = again(answer)
    assert set(fields) == {"csrf_token", "version", "words"}
    assert "柳浪闻莺" not in answer.get_data(as_text=True)
    with cut(database, "after_begin"):
        strange = report(origin="https://elsewhere.example")
    assert strange.status_code == 503
    assert "已到三个小区核查。" not in strange.get_data(as_text=True)


def test_a_page_that_was_only_to_be_read_says_so_to_each_in_his_own_way(
    world: World, database: Database, client: FlaskClient
) -> None:
    for headers, words in (
        ({}, "<!DOCTYPE html>"),
        ({"HX-Request": "true", "HX-Request-Type": "partial"}, 'id="fault"'),
        ({"Accept": "application/json"}, '"status":503'),
    ):
        with cut(database, "after_begin"):
            answer = client.get(world.url("instructions"), headers=headers)
        assert answer.status_code == 503
        assert words in answer.get_data(as_text=True)
        assert "再提交一次" not in answer.get_data(as_text=True)
    assert client.get(world.url("instructions")).status_code == 200
