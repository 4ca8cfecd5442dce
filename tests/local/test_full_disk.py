"""A disk that fills under the database: a sentence that says so, while it refuses to write and when it is gone for it, and
nothing lost. With a real server on a small disk of its own."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from portal.app import check_ready, create_app
from portal.config import Settings
from portal.kernel.db import db
from portal.local import provision
from portal.local.postgres import Postgres, conninfo
from portal.matters.service import attaching
from tests.conftest import CLONE
from tests.local.test_bad_starts import _fill, disk
from tests.world import make_world

SAID = "服务器的磁盘已满"


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """What a portal made here has set for the process is as it was afterwards."""
    store = attaching._store
    yield
    attaching._store = store


def test_a_full_disk_is_said_and_what_was_acknowledged_is_there_when_there_is_room(
    open_directory: Path, keys: dict[str, str], redis_url: str
) -> None:
    where = open_directory / "disk"
    with disk(where, 330):
        server = Postgres(where / "postgres", fsync=False)
        server.start()
        try:
            access = provision.provision(server.url(), server.passwords())
            files = where / "files"
            files.mkdir()
            told = keys | {"DATABASE_URL": access.app_url, "REDIS_URL": redis_url, "FILES_DIR": str(files)}
            upgrade = [sys.executable, "-m", "flask", "--app", "wsgi", "db", "upgrade"]
            subprocess.run(upgrade, cwd=CLONE, env=told | {"DATABASE_OWNER_URL": access.owner_url}, check=True, capture_output=True)
            app = check_ready(create_app(Settings.from_environment(told), TESTING=True))
            app.testing = False
            world = make_world(app, "full")
            matter_id, browser = world.at_work(), world.browser("health.handler")
            token, done = world.token(browser), 0
            filler = where / "filler"
            _fill(filler)
            for number in range(400):
                form = {
                    "csrf_token": token,
                    "version": str(world.matter(matter_id).version),
                    "words": f"进展{number}。" + "长" * 1500,
                }
                answer = browser.post(world.url(f"matters/{matter_id}/progress"), data=form)
                if answer.status_code != 303:
                    break
                done += 1
            page = answer.get_data(as_text=True)
            assert answer.status_code == 503 and SAID in page and "请不要关闭本页" in page and "维护" not in page
            assert browser.get(world.url("messages")).status_code == 200  # reading goes on
            with app.app_context():
                db.engine.dispose()  # what is connected goes with the server
            with contextlib.suppress(psycopg.Error), psycopg.connect(conninfo(server.url()), autocommit=True) as administrator:
                for _segment in range(400):
                    administrator.execute("create table if not exists spent ()")
                    administrator.execute("drop table spent")
                    administrator.execute("select pg_switch_wal()")
            answer = browser.get(world.url("messages"))
            assert answer.status_code == 503 and SAID in answer.get_data(as_text=True)
            server.stop()
            filler.unlink()
            server.start()
            assert browser.get(world.url(f"matters/{matter_id}")).get_data(as_text=True).count("长" * 1500) >= min(done, 1)
        finally:
            with app.app_context():
                db.engine.dispose()
            server.stop()
