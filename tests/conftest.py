"""The world the tests live in. First part: the real servers, shared by a whole run or by one of its processes."""

from __future__ import annotations

import fcntl
import gc
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from itertools import count
from pathlib import Path
from typing import Literal

import flask_migrate
import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, settings
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import update
from sqlalchemy.engine import URL, make_url

from portal.access.roles import Role
from portal.app import check_ready, create_app
from portal.commands.migrations import let_owner_migrate
from portal.config import Settings
from portal.identity.models import Person
from portal.kernel import clock
from portal.kernel.db import db
from portal.kernel.statements import Kept
from portal.local import provision
from portal.local.places import Place
from portal.local.redis import RedisServer
from portal.network.models import Kind, Level, Post, Unit
from tests.at_the_door import PASSWORD, Browser, SmallCity, stored
from tests.moulds import Mould, begin_city

pytest_plugins = ["tests.budget", "tests.starting"]
Flask.test_client_class = Browser
Kept.held_against_anew = True  # no answer by what was kept of another day, city or reader
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])  # no test is timed
settings.load_profile("untimed")

CLONE = Path(__file__).resolve().parents[1]
TEMPLATE = "duban_template"
PASSWORDS = {"owner": "owner-of-the-tests", "app": "app-of-the-tests"}


def pytest_collection_finish() -> None:
    """What is imported and collected stays to the end: the collector of cycles need not walk it again and again."""
    gc.collect()
    gc.freeze()


# ---------------------------------------------------------------------------------------------------------- servers


@dataclass(frozen=True)
class Database:
    """One migrated database of its own, for the portal's two roles."""

    name: str
    access: provision.Access

    @property
    def app_url(self) -> str:
        return self.access.app_url

    @property
    def owner_url(self) -> str:
        return self.access.owner_url


@pytest.fixture(scope="session")
def run_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One directory for the whole run, the same in each of its processes."""
    mine = tmp_path_factory.getbasetemp()
    return mine.parent if "PYTEST_XDIST_WORKER" in os.environ else mine


@pytest.fixture(scope="session", autouse=True)
def compiled_templates(run_directory: Path) -> None:
    """Every portal that the run makes finds the templates compiled, by whichever made it first: 1.5 seconds each."""
    compiled = run_directory / "templates"
    compiled.mkdir(exist_ok=True)
    Flask.jinja_options = Flask.jinja_options | {"bytecode_cache": FileSystemBytecodeCache(str(compiled))}


@pytest.fixture(scope="session")
def keys(run_directory: Path) -> dict[str, str]:
    """The key files and the directory of uploads, as the portal's environment names them."""
    place = Place(run_directory / "place")
    with _alone(run_directory / "place.lock"):
        place.prepare()
        place.make_keys()
    return {
        "SECRET_KEY_FILE": str(place.secret_key),
        "VAULT_KEY_FILE": str(place.vault_key),
        "FILES_DIR": str(place.files),
        "DUBAN_PRODUCTION": "0",
    }


@pytest.fixture(scope="session")
def postgres(run_directory: Path) -> Iterator[URL]:
    """The administrator's address of the run's one PostgreSQL, which a process of its own keeps until the run ends."""
    ready = run_directory / "postgres.url"
    holder: subprocess.Popen[bytes] | None = None
    with _alone(run_directory / "postgres.lock"):
        if not ready.exists():
            # The first process of pytest: under xdist the one that started this one.
            first = os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()
            home = Path(tempfile.gettempdir()) / f"duban-test-{first}-{os.urandom(4).hex()}"
            log = (run_directory / "postgres-holder.log").open("wb")
            holder = subprocess.Popen(
                [sys.executable, "-m", "portal.local", "serve", "--for", str(first), "--home", str(home), "--ready", str(ready)],
                cwd=CLONE,
                start_new_session=True,
                stdout=log,
                stderr=log,
            )
            log.close()
            while not ready.exists():
                assert holder.poll() is None, (run_directory / "postgres-holder.log").read_text()
                time.sleep(0.02)
    yield make_url(ready.read_text())
    if holder and "PYTEST_XDIST_WORKER" not in os.environ:
        holder.send_signal(signal.SIGTERM)
        holder.wait(30)
    elif holder:
        holder.returncode = 0  # others still use it; it ends by itself with the run


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of this process's own Redis-compatible server, which nothing else uses."""
    server = RedisServer(tmp_path_factory.mktemp("redis"), persistent=False)
    server.start()
    yield server.url
    server.stop()


@pytest.fixture(scope="session")
def template(postgres: URL, redis_url: str, run_directory: Path, keys: dict[str, str]) -> str:
    """The name of the database every other one is cloned from: migrated once a run, without a row."""
    done = run_directory / "template.done"
    with _alone(run_directory / "template.lock"):
        if not done.exists():
            access = provision.provision(postgres, PASSWORDS, TEMPLATE)
            addresses = {"DATABASE_URL": access.app_url, "DATABASE_OWNER_URL": access.owner_url, "REDIS_URL": redis_url}
            migrate(keys | addresses, "upgrade")
            done.touch()
    return TEMPLATE


@pytest.fixture(scope="session")
def new_database(postgres: URL, template: str) -> Callable[[str], Database]:
    """Makes a fresh migrated database (30 ms), whose name begins with the given word; it goes with the run."""
    count = 0

    def make(word: str) -> Database:
        nonlocal count
        count += 1
        worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
        name = f"duban_{re.sub('[^a-z0-9]', '_', word.lower())}_{worker}_{count}"
        provision.create_database(postgres, name, template)
        return Database(name, provision.access(postgres, PASSWORDS, name))

    return make


def migrate(environment: dict[str, str], way: Literal["upgrade", "downgrade"], *revision: str) -> None:
    """What `flask db` does to the database that is named, without a process that imports everything anew."""
    portal = create_app(Settings.from_environment(environment))
    let_owner_migrate(portal)
    carry = flask_migrate.upgrade if way == "upgrade" else flask_migrate.downgrade
    with portal.app_context():
        try:
            carry(str(CLONE / "migrations"), *revision)
        finally:
            db.engine.dispose()
            portal.extensions["owner_engine"].dispose()


@pytest.fixture(scope="session")
def database(new_database: Callable[[str], Database]) -> Database:
    """This process's own migrated database."""
    return new_database("suite")


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Holds a lock among the processes of one run."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


# ------------------------------------------------------------------------------------------------ the app and its world


@pytest.fixture(scope="session")
def app(database: Database, redis_url: str, keys: dict[str, str]) -> Iterator[Flask]:
    """The portal on this process's own database, as its own role, with every wall standing."""
    settings = Settings.from_environment(keys | {"DATABASE_URL": database.app_url, "REDIS_URL": redis_url})
    portal = check_ready(create_app(settings, TESTING=True, SIGN_IN_LIMIT="100000 per minute"))
    yield portal
    with portal.app_context():
        db.engine.dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser nobody has used yet."""
    return app.test_client()


@pytest.fixture(scope="session")
def new_city(app: Flask) -> Callable[..., SmallCity]:
    """Makes a city that no other test knows; rows of one city never meet those of another."""
    founded: list[tuple[Mould, SmallCity]] = []
    numbers = count(1)
    return lambda demonstration=False: make_small_city(app, f"city-{next(numbers)}", founded, demonstration)


@pytest.fixture
def city(new_city: Callable[..., SmallCity]) -> SmallCity:
    """This test's own city."""
    return new_city()


def make_small_city(app: Flask, slug: str, founded: list[tuple[Mould, SmallCity]], demonstration: bool = False) -> SmallCity:
    """A small city under this name in addresses: the first is founded and kept, the others are cast from it."""
    name = f"第{slug.rpartition('-')[2]}市"
    with app.app_context():
        city_id = begin_city(slug, name, demonstration=demonstration)
        if founded:
            mould, first = founded[0]
            new = mould.cast()
            (office,) = new["unit"].values()
            db.session.execute(update(Unit).where(Unit.id == office).values(name=f"{name}委督查室"))
            one, other = (new["post"][post] for post in first.lin_posts)
            city = SmallCity(city_id, slug, name, new["person"][first.lin_id], new["person"][first.chen_id], (one, other))
        else:
            city = _small_city(city_id, slug, name)
            founded.append((Mould.of(), city))
        db.session.commit()
    return city


def _small_city(city_id: int, slug: str, name: str) -> SmallCity:
    lin, chen = (
        Person(sign_in_name=sign_in_name, name=known_as, password_hash=stored(PASSWORD), created_at=clock.now())
        for sign_in_name, known_as in (("lin.duo", "林朵"), ("chen.wu", "陈武"))
    )
    office = Unit(
        code="330300",
        name=f"{name}委督查室",
        short_name="市委督查室",
        level=Level.CITY,
        kind=Kind.SUPERVISION_OFFICE,
        path=[],
    )
    db.session.add_all([lin, chen, office])
    db.session.flush()
    office.path = [office.id]
    posts = [
        Post(person_id=lin.id, unit_id=office.id, for_unit_id=office.id, role=role, from_on=date(2020, 1, 1))
        for role in (Role.SUPERVISOR, Role.SECRETARIAT)
    ]
    db.session.add_all(posts)
    db.session.flush()
    return SmallCity(city_id, slug, name, lin.id, chen.id, (posts[0].id, posts[1].id))
