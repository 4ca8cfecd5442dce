"""Whoever waits for somebody else is told so in a few seconds, with what he typed; and nobody who does not wait stands with
him. Real gunicorn processes, real locks."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.engine import URL, make_url

from portal.access.actor import SYSTEM
from portal.access.visibility import as_seen_by
from portal.app import check_ready, create_app
from portal.config import Settings
from portal.kernel import clock
from portal.kernel.db import IMPORT, PERSON, WORK, db, for_a_person, take_time
from portal.local import serving
from portal.local.postgres import conninfo
from portal.matters.models import Matter
from portal.web.room import ALL, STUCK, WRITING, Crowded, Room
from tests.conftest import CLONE, Database
from tests.local.conftest import until, unused_port
from tests.local.test_faults import Worker, fields_of
from tests.starting import Start
from tests.world import World, make_world

PRESSED = 24  # registrations at the same moment
TITLE = "关于农村饮水的情况反映"


@dataclass
class Served:
    """The portal under gunicorn, as the units start it, and a world in its database."""

    address: str
    world: World
    database: Database
    admin: URL

    @contextmanager
    def locked(self, statement: str) -> Iterator[None]:
        """Somebody holds this lock in a transaction that he forgot."""
        with psycopg.connect(conninfo(self.admin.set(database=self.database.name))) as other:
            other.execute(statement)
            yield
            other.rollback()

    def ask(self, path: str) -> tuple[int, float]:
        """The status of a page, and the seconds until it was there."""
        began = time.monotonic()
        try:
            with urllib.request.urlopen(self.address + path, timeout=20) as answer:
                answer.read()
                return answer.status, time.monotonic() - began
        except urllib.error.HTTPError as answer:
            return answer.code, time.monotonic() - began


@pytest.fixture(scope="module")
def served(
    new_database: Callable[[str], Database], redis_url: str, keys: dict[str, str], postgres: URL,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Served]:  # fmt: skip
    database, port = new_database("patience"), unused_port()
    address = f"http://127.0.0.1:{port}"
    environment = keys | {"DATABASE_URL": database.app_url, "REDIS_URL": redis_url, "BASE_URL": address}
    app = check_ready(create_app(Settings.from_environment(environment), TESTING=True))
    world = make_world(app, "patience")
    log = tmp_path_factory.mktemp("gunicorn") / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "-c", "python:portal.local.serving", "-b", f"127.0.0.1:{port}", "wsgi:app"],
            cwd=CLONE, env=os.environ | environment, stdout=output, stderr=output,
        )  # fmt: skip
    try:
        made = Served(address, world, database, postgres)
        until(lambda: process.poll() is not None or _answers(made))
        assert process.poll() is None, log.read_text()
        yield made
    finally:
        process.terminate()
        process.wait(30)
        with app.app_context():
            db.engine.dispose()


def _answers(served: Served) -> bool:
    try:
        return served.ask("/healthz")[0] == 200
    except OSError:
        return False


def registered(world: World) -> int:
    with world.work():
        return db.session.scalar(select(func.count(Matter.id)).where(Matter.city_id == world.id).options(as_seen_by(SYSTEM))) or 0


def test_registrations_that_wait_for_one_number_stop_neither_health_nor_reading(served: Served) -> None:
    world = served.world
    supervisor = Worker(served.address, "", "")
    supervisor.sign_in(world.url(), "city.supervisor")
    page = world.url("instructions/register")
    today = clock.today()
    typed = fields_of(supervisor.ask(page)[1]) | {
        "source_level": "city", "urgency": "normal", "instructed_on": str(today - timedelta(days=1)), "received_on": str(today),
        "title": TITLE, "text": "请认真办理。", "leader": "张书记",
    }  # fmt: skip
    assert supervisor.ask(page, typed)[0] == 303, "the number's row is there"
    before = registered(world)
    forms = [
        typed | {"request_key": str(uuid4()), "title": f"{TITLE}之{number}", "text": f"请认真办理之{number}。"}
        for number in range(PRESSED)
    ]
    answers: list[tuple[int, str, float, dict[str, str]]] = []

    def press(form: dict[str, str]) -> None:
        began = time.monotonic()
        status, said = supervisor.ask(page, form)
        answers.append((status, said, time.monotonic() - began, form))

    with served.locked("SELECT * FROM counter FOR UPDATE"):
        threads = [threading.Thread(target=press, args=(form,)) for form in forms]
        for thread in threads:
            thread.start()
        time.sleep(0.3)
        desk = threading.Thread(target=lambda: reads.append(supervisor.ask(world.url())[0]))
        reads: list[int] = []
        desk.start()
        waited = [
            served.ask(path) for path in ("/healthz", "/readyz", world.url("sign-in"), "/healthz", "/readyz", world.url("sign-in"))
        ]
        desk.join()
        for thread in threads:
            thread.join()
    assert [status for status, _seconds in waited] == [200] * 6
    assert max(seconds for _status, seconds in waited) < 2.5, waited
    assert reads == [200]
    assert {status for status, *_rest in answers} == {503}
    assert max(seconds for _status, _said, seconds, _form in answers) < 12
    for _status, said, _seconds, form in answers:
        assert "等了几秒仍没有轮到" in said
        assert fields_of(said).get("text") == form["text"], "it comes back"
        assert fields_of(said)["request_key"] == form["request_key"]
    assert registered(world) == before
    again = answers[0][1]
    assert supervisor.ask(page, fields_of(again))[0] == 303
    assert registered(world) == before + 1


def test_readers_of_a_table_that_is_being_altered_wait_a_few_seconds_and_health_not_at_all(served: Served) -> None:
    reader = Worker(served.address, "", "")
    reader.sign_in(served.world.url(), "city.supervisor")
    answers: list[tuple[int, float]] = []

    def read() -> None:
        began = time.monotonic()
        answers.append((reader.ask(served.world.url("instructions"))[0], time.monotonic() - began))

    with served.locked("LOCK TABLE matter"):
        threads = [threading.Thread(target=read) for _number in range(PRESSED)]
        for thread in threads:
            thread.start()
        time.sleep(0.3)
        waited = [served.ask(path) for path in ("/healthz", "/readyz", "/healthz")]
        for thread in threads:
            thread.join()
    assert [status for status, _seconds in waited] == [200] * 3
    assert max(seconds for _status, seconds in waited) < 2.5, waited
    assert {status for status, _seconds in answers} == {503}
    assert max(seconds for _status, seconds in answers) < 12
    assert reader.ask(served.world.url("instructions"))[0] == 200


def test_there_are_fewer_places_than_threads() -> None:
    assert WRITING + 2 <= ALL < serving.threads
    assert PERSON.lock > STUCK


def test_a_full_room_is_queued_for_while_somebody_moves_and_refused_when_nobody_does() -> None:
    room = Room(1, stuck=0.2)
    room.enter()
    leaving = threading.Timer(0.1, room.leave)
    leaving.start()
    room.enter()  # it waited for him
    began = time.monotonic()
    with pytest.raises(Crowded):
        room.enter()
    assert 0.1 < time.monotonic() - began < 1
    began = time.monotonic()
    with pytest.raises(Crowded):
        room.enter()
    assert time.monotonic() - began < 0.1, "the next ones at once"
    room.leave()
    room.enter()


def test_a_process_that_has_its_hands_full_is_not_stuck() -> None:
    room = Room(1, stuck=0.5)
    room.enter()

    def work_and_leave() -> None:
        until = time.process_time() + 1
        while time.process_time() < until:
            pass
        room.leave()

    threading.Thread(target=work_and_leave).start()
    room.enter()  # it waited twice as long for him


def limits() -> tuple[str, str, str]:
    names = ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout")
    shown = db.session.execute(text("SELECT " + ", ".join(f"current_setting('{name}')" for name in names))).one()
    return (shown[0], shown[1], shown[2])


def test_each_transaction_has_its_limits(world_app: Flask) -> None:
    with world_app.app_context():
        assert limits() == ("30s", "30min", "30min")
        db.session.rollback()
        for_a_person()
        assert limits() == ("4s", "30s", "1min")
        take_time()
        assert limits() == ("4s", "30min", "30min")
        db.session.rollback()
        assert limits() == ("4s", "30min", "30min")
        db.session.rollback()
        with db.engine.connect() as connection:
            assert connection.scalar(text("SHOW lock_timeout")) == "4s"
    assert PERSON.lock == IMPORT.lock < WORK.lock


@pytest.fixture
def world_app(served: Served) -> Flask:
    return served.world.app


@pytest.mark.parametrize(("limit", "statement"), [("statement", "SELECT pg_sleep(5)"), ("idle_in_transaction_session", "SELECT 1")])
def test_what_takes_too_long_or_is_left_alone_is_a_sentence(
    served: Served, monkeypatch: pytest.MonkeyPatch, limit: str, statement: str
) -> None:
    app = served.world.app

    def slow(*_said: object) -> None:
        db.session.execute(text(f"SET LOCAL {limit}_timeout = '200ms'"))
        db.session.execute(text(statement))
        time.sleep(0.5)
        db.session.execute(text("SELECT 1"))

    monkeypatch.setitem(app.view_functions, "front", slow)
    answer = app.test_client().get("/")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert "等了几秒仍没有轮到" in answer.get_data(as_text=True)


def test_migrations_say_what_they_wait_for_and_give_up(
    start: Start, new_database: Callable[[str], Database], keys: dict[str, str], redis_url: str
) -> None:
    database = new_database("migrated")
    told = keys | {
        "DATABASE_URL": database.app_url, "DATABASE_OWNER_URL": database.owner_url, "REDIS_URL": redis_url,
        "DUBAN_MIGRATION_PATIENCE": "4",
    }  # fmt: skip

    def migrate(where: str) -> subprocess.CompletedProcess[str]:
        return start(told, "flask", "--app", "wsgi", "db", where)

    assert migrate("downgrade").returncode == 0
    with psycopg.connect(conninfo(make_url(database.owner_url))) as other:
        other.execute("LOCK TABLE alembic_version IN SHARE MODE")
        began = time.monotonic()
        said = migrate("upgrade")
        assert said.returncode != 0
        assert time.monotonic() - began < 30
        assert "The migrations wait for tables that others use: process" in said.stderr
        assert "as owner (alembic_version)" in said.stderr
        assert "gave up" in said.stderr and "Traceback" not in said.stderr
        other.rollback()
    assert migrate("upgrade").returncode == 0
