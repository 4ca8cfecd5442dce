"""A database that pg_restore made knows that it is one: nothing that the old portal sent is sent again, old cookies are
refused, and the operator lets go. With real dumps, processes and a real mail server."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.engine import URL

from portal.app import check_ready, create_app
from portal.audit.models import JournalEntry
from portal.config import Settings
from portal.kernel import clock
from portal.kernel.db import db, enter
from portal.kernel.installation import installation
from portal.local import provision
from portal.local.postgres import find_binaries
from portal.notify import channels, ladder
from portal.notify.mail import Mail
from portal.notify.models import Delivery, Reminder
from portal.officers import restoring
from portal.officers.models import Sweep
from tests.conftest import PASSWORDS, Database
from tests.notify.conftest import PostOffice, give_addresses
from tests.notify.test_killed import running
from tests.starting import Start
from tests.world import World, make_world, sign_in

PATIENCE = 60.0
APPS: list[Flask] = []


class Installation:
    """A portal on one database, and the processes that send for it."""

    def __init__(self, database: Database, told: dict[str, str], start: Start) -> None:
        self.database = database
        self.start = start
        self.told = told | {"DATABASE_URL": database.app_url}

    def app(self) -> Flask:
        made = check_ready(create_app(Settings.from_environment(self.told), TESTING=True))
        APPS.append(made)
        return made

    def flask(self, *words: str) -> str:
        done = self.start(self.told, "flask", "--app", "wsgi", *words)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    @contextmanager
    def swept(self, world: World, log: Path) -> Iterator[None]:
        """A clock that sweeps by itself, without Redis, until it has swept twice through."""
        begun = clock.now()
        with running(os.environ | self.told | {"DUBAN_SWEEP_SECONDS": "0.5"}, log, "portal.jobs.clock"):
            deadline, seen = time.monotonic() + PATIENCE, set()
            while len(seen) < 3:
                assert time.monotonic() < deadline, log.read_text()[-4000:]
                time.sleep(0.1)
                with world.app.app_context():
                    enter(world.id)
                    at = db.session.scalar(select(Sweep.swept_at))
                    db.session.rollback()
                if at is not None and at > begun:
                    seen.add(at)
            yield


@pytest.fixture(autouse=True)
def nothing_stays_open() -> Iterator[None]:
    """Neither connections nor channels, which a process has but once."""
    before = dict(channels._channels)
    yield
    for app in APPS:
        with app.app_context():
            db.engine.dispose()
    APPS.clear()
    channels._channels.clear()
    channels._channels.update(before)


@pytest.fixture
def told(keys: dict[str, str], post_office: PostOffice) -> dict[str, str]:
    return keys | {
        "REDIS_URL": "redis://127.0.0.1:1/0", "SMTP_URL": post_office.url, "MAIL_FROM": "duban@duban.example",
        "BASE_URL": "https://duban.example",
    }  # fmt: skip


@pytest.fixture
def restored_as(postgres: URL) -> Callable[[str, Path], Database]:
    def restore(name: str, dump: Path) -> Database:
        provision.create_database(postgres, name)
        tool("pg_restore", postgres.set(database=name), "--exit-on-error", str(dump))
        return Database(name, provision.access(postgres, PASSWORDS, name))

    return restore


def tool(program: str, admin: URL, *words: str) -> None:
    told = {"PGHOST": str(admin.query["host"]), "PGUSER": str(admin.username), "PGPASSWORD": str(admin.password)}
    subprocess.run([find_binaries().bin / program, "-d", str(admin.database), *words], env=os.environ | told, check=True)


def identifiers(office: PostOffice) -> list[str]:
    return [str(letter["Message-ID"]) for letter in office.letters]


def test_what_was_sent_after_the_dump_is_not_sent_again(
    new_database: Callable[[str], Database], postgres: URL, told: dict[str, str], post_office: PostOffice, start: Start,
    restored_as: Callable[[str, Path], Database], tmp_path: Path,
) -> None:  # fmt: skip
    old = Installation(new_database("old"), told, start)
    world = make_world(old.app(), "restored")
    give_addresses(world)
    channels._channels["mail"] = Mail(post_office.url, "duban@duban.example", "https://duban.example")
    with clock.set_to(clock.now() - timedelta(days=41)):
        matters = [world.at_work(title=f"第{number}件") for number in range(2)]
    browser = world.app.test_client()
    sign_in(browser, world, "city.supervisor")
    assert browser.get(world.url("messages")).status_code == 200
    world.at_work(title="刚交办的一件")
    with world.work():
        letters = db.session.scalar(select(func.count()).select_from(Delivery).where(Delivery.state == "waiting"))
    assert letters

    dump = tmp_path / "duban.dump"
    tool("pg_dump", postgres.set(database=old.database.name), "-Fc", "-f", str(dump))
    with old.swept(world, tmp_path / "old.log"):
        pass
    sent = identifiers(post_office)
    assert len(sent) == len(set(sent)) >= letters

    new = Installation(restored_as(f"{old.database.name}_restored", dump), told, start)
    again = replace(world, app=new.app())
    browser.application = again.app
    assert browser.get(world.url("messages")).status_code == 303
    with new.swept(again, tmp_path / "new.log"):
        assert identifiers(post_office) == sent
    said = new.flask("restored")
    assert "Held since" in said and "letter" in said and "rung" in said
    late = [line for line in said.splitlines() if line.endswith("will be sent")]
    assert all("  digest  " in line for line in late), late  # of tomorrow morning

    new.flask("restored", "--release")
    with new.swept(again, tmp_path / "released.log"):
        assert identifiers(post_office) == sent
    with again.work():
        assert ladder.due_clocks(clock.now()) == []
        waits = select(func.count()).select_from(Reminder).where(Reminder.settled_at.is_(None), Reminder.record_id.in_(matters))
        assert db.session.scalar(waits)  # the ladder goes on
        assert set(db.session.scalars(select(Delivery.state).where(Delivery.fault == "restored"))) == {"doubtful"}
        acts = db.session.scalars(select(JournalEntry.act).where(JournalEntry.subject_kind == "installation"))
        assert sorted(acts) == ["released", "restored"]
    again.at_work(title="恢复之后")
    with new.swept(again, tmp_path / "after.log"):
        pass
    after = identifiers(post_office)
    assert len(after) == len(set(after)) > len(sent)


def test_what_fell_due_since_waits_and_is_told_unless_the_old_portal_ran_on(
    new_database: Callable[[str], Database], told: dict[str, str], start: Start
) -> None:
    app = Installation(new_database("held"), told | {"SMTP_URL": ""}, start).app()
    world = make_world(app, "held")
    with clock.set_to(clock.now() - timedelta(days=41)):
        world.at_work(title="一件")
    with world.work():
        first = db.session.scalar(select(func.min(Reminder.send_at)))

    def release(**said: object) -> int:
        with app.app_context():
            row = installation()
            row.identity = "another"  # as a dump brings it
            db.session.commit()
            assert restoring.look(None) and restoring.look(None)
            installation().copied_at = first
            db.session.commit()
            lines = [one for one in restoring.waiting() if one.what == "rung"]
            assert lines
            restoring.release(**said)  # type: ignore[arg-type]
            assert not restoring.look(None)
            enter(world.id)
            left = len(ladder.due_clocks(clock.now()))
            db.session.rollback()
            enter(None)
            return left

    assert release() == 1  # what was due before the copy is told, the rest waits for the sweep
    assert release(until=clock.now()) == 0


def test_a_copied_cluster_and_a_copied_database_are_noticed_and_a_restart_is_not(
    new_database: Callable[[str], Database], postgres: URL, told: dict[str, str], start: Start
) -> None:
    first = Installation(new_database("copied"), told | {"DUBAN_CLUSTER": "1"}, start)
    app = first.app()
    make_world(app, "copied")
    with app.app_context():
        assert not restoring.look("1") and not restoring.look(None) and not restoring.look("1")
        assert restoring.look("2") and restoring.look("2")
        restoring.release()
        assert not restoring.look("2")
        db.session.remove()
        db.engine.dispose()
    name = f"{first.database.name}_twice"
    provision.create_database(postgres, name, first.database.name)
    copy = Installation(Database(name, provision.access(postgres, PASSWORDS, name)), told, start).app()
    with copy.app_context():
        assert installation().restored_at is not None


def test_who_only_looks_holds_nothing(new_database: Callable[[str], Database], told: dict[str, str], start: Start) -> None:
    first = Installation(new_database("looked"), told, start)
    world = make_world(first.app(), "looked")
    assert "Nothing is held" in first.flask("restored", "--look")
    with world.work():
        assert installation().restored_at is None
    assert "Held since" in first.flask("restored")
    with world.work():
        assert installation().restored_at is not None
