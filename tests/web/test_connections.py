"""The database was restarted: connections that lie in the pool are gone, and nobody is told so."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import Engine, event, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import OperationalError

from portal.kernel import connections
from portal.kernel.city import City
from portal.kernel.db import begin, db
from portal.local.postgres import conninfo
from tests.conftest import Database
from tests.world import World


@pytest.fixture
def cut_off(postgres: URL, database: Database) -> Callable[[], None]:
    """Ends every connection to this database, as a restart does."""

    def cut() -> None:
        with psycopg.connect(conninfo(make_url(postgres)), autocommit=True) as admin:
            ended = admin.execute(
                "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity WHERE datname = %s", (database.name,)
            ).fetchone()
        assert ended is not None and ended[0] > 0

    return cut


def test_a_page_is_answered_with_a_new_connection(world: World, cut_off: Callable[[], None]) -> None:
    browser = world.browser("health.handler")
    assert browser.get(world.url()).status_code == 200
    cut_off()
    assert browser.get(world.url()).status_code == 200
    assert browser.get(world.url("instructions")).status_code == 200


def test_what_was_asked_of_a_connection_that_went_is_not_asked_again(world: World, cut_off: Callable[[], None]) -> None:
    with world.app.app_context():
        begin()
        cut_off()
        with pytest.raises(OperationalError):
            db.session.scalar(select(City.id))
        db.session.rollback()
        begin()
        assert db.session.scalar(select(City.id)) is not None


def test_a_connection_that_has_rested_is_asked_first(
    world: World, cut_off: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "RESTED", 0.0)
    with world.app.app_context():
        begin()
        assert db.session.scalar(select(City.id)) is not None
        db.session.rollback()
        cut_off()
        assert db.session.scalar(select(City.id)) is not None


def test_leaving_whatever_was_begun_on_it_says_nothing(world: World, cut_off: Callable[[], None]) -> None:
    with world.app.app_context():
        begin()
        assert db.session.scalar(select(City.id)) is not None
        cut_off()
    with world.app.app_context():
        begin()
        assert db.session.scalar(select(City.id)) is not None


def test_what_goes_with_the_last_thing_that_is_written_is_answered_by_the_portal(world: World, cut_off: Callable[[], None]) -> None:
    matter_id = world.name_handler(world.assign(world.register()))
    browser, path = world.browser("city.supervisor"), world.url(f"matters/{matter_id}/urge")
    form = {"version": str(world.matter(matter_id).version), "words": "请抓紧", "csrf_token": world.token(browser)}
    form["request_key"] = str(uuid4())

    times: list[None] = []

    def cut(_on: object, _cursor: object, statement: str, *_more: object) -> None:
        if statement.startswith("INSERT INTO filed_form") and not times:
            times.append(cut_off())

    event.listen(Engine, "before_cursor_execute", cut)
    try:
        answer = browser.post(path, data=form)
    finally:
        event.remove(Engine, "before_cursor_execute", cut)
    assert times
    assert answer.status_code == 503 and "请抓紧" in answer.get_data(as_text=True)
    assert world.matter(matter_id).urges == 0
    assert browser.post(path, data=form).status_code == 303
    assert world.matter(matter_id).urges == 1
