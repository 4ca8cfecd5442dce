"""A small stand-in for the portal, so that the supervisor is tried as it is and in seconds."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from portal.local.places import Place
from portal.local.ports import free_port

CLONE = Path(__file__).resolve().parents[2]
PATIENCE = 60.0  # seconds; a machine busy with other tests takes thirty for what else takes two

WSGI = """
import os
import psycopg
from flask import Flask
from flask.cli import AppGroup
app = Flask(__name__)
db, demo = AppGroup("db"), AppGroup("demo")
REVISION = "0001"

def execute(variable, statement):
    with psycopg.connect(os.environ[variable].replace("+psycopg", "")) as connection:
        connection.execute(statement)

@app.route("/")
def index():
    return str("DATABASE_OWNER_URL" in os.environ)

@db.command()
def upgrade():
    execute("DATABASE_OWNER_URL", "create table alembic_version (version_num text)")
    execute("DATABASE_OWNER_URL", f"insert into alembic_version values ('{REVISION}')")
    execute("DATABASE_OWNER_URL", "create table city (id serial, at timestamptz default now())")
    execute("DATABASE_OWNER_URL", "grant select, insert on city to app")
    execute("DATABASE_OWNER_URL", "grant usage on sequence city_id_seq to app")

@demo.command()
def names():
    with psycopg.connect(os.environ["DATABASE_URL"].replace("+psycopg", "")) as connection:
        if not connection.execute("select 1 from city").fetchone():
            raise SystemExit(1)
    print("张主任 may sign in")

app.cli.add_command(db)
app.cli.add_command(demo)
"""
IDLE = "import time\ndef main(app):\n    while True:\n        time.sleep(1)\n"
DEMO = """
from wsgi import execute

def begin(app):
    execute("DATABASE_URL", "insert into city (at) select now() where not exists (select 1 from city)")

def finish(app):
    print("played to the end")
"""
REVISION = 'revision = "0001"\ndown_revision = None\n'


class Trial:
    """One stand-in project with its data directory, and the starts of it."""

    patience = PATIENCE

    def __init__(self, root: Path) -> None:
        self.root = root
        self.data = root / "var"
        self.output = root / "output.txt"
        self.told = {"DUBAN_PORT": str(unused_port())}
        self._running: list[subprocess.Popen[bytes]] = []
        package = root / "portal"
        package.mkdir(parents=True)
        for name in ("__init__.py", "config.py", "kernel/__init__.py", "kernel/parent.py", "kernel/revisions.py"):
            (package / name).parent.mkdir(exist_ok=True)
            shutil.copy2(CLONE / "portal" / name, package / name)
        (package / "app.py").touch()
        shutil.copytree(CLONE / "portal" / "local", package / "local")  # with its byte code: a start is a second quicker
        self.demo = package / "commands" / "demo.py"
        for path, text in (
            (package / "jobs" / "worker.py", IDLE),
            (package / "jobs" / "clock.py", IDLE),
            (self.demo, DEMO),
            (root / "wsgi.py", WSGI),
            (root / "migrations" / "versions" / "0001_tables.py", REVISION),
        ):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    @property
    def environment(self) -> dict[str, str]:
        """What a start of it is told."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "DUBAN_POSTGRES") if name in os.environ}
        return kept | {"DUBAN_DATA": str(self.data)} | self.told

    def command(self, *words: str) -> list[str]:
        """The command line of one of the supervisor's commands."""
        return [sys.executable, "-m", "portal.local", *words]

    def begin(self, *words: str) -> subprocess.Popen[bytes]:
        """Starts the supervisor without waiting."""
        with self.output.open("wb") as output:
            started = subprocess.Popen(
                self.command("run", *words), cwd=self.root, env=self.environment, stdout=output, stderr=output
            )
        self._running.append(started)
        return started

    def start(self) -> subprocess.Popen[bytes]:
        """Starts the supervisor and waits until it says where the portal is."""
        started = self.begin()
        until(lambda: "Ctrl-C stops everything" in self.said() or started.poll() is not None, self.patience)
        assert started.poll() is None, self.said()
        return started

    def said(self) -> str:
        """What the last start printed."""
        return self.output.read_text()

    def call(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Runs one of the supervisor's commands to its end."""
        return subprocess.run(
            self.command(*words), cwd=self.root, env=self.environment, capture_output=True, text=True, check=False
        )

    def processes(self) -> dict[int, str]:
        """Every living process that this trial's starts started, at any remove, by its command line."""
        lock = str(self.data / "processes.lock")
        found = {}
        for directory in Path("/proc").iterdir():
            if not directory.name.isdigit():
                continue
            try:
                if any(os.readlink(link) == lock for link in (directory / "fd").iterdir()):
                    found[int(directory.name)] = (directory / "cmdline").read_text().replace("\0", " ").strip()
            except OSError:  # it ended meanwhile, or is not ours
                continue
        return found

    def named(self, word: str) -> list[int]:
        """The processes in whose command line the word stands."""
        return [pid for pid, line in self.processes().items() if word in line]

    def end(self) -> None:
        """Ends every start that is left."""
        for started in self._running:
            if started.poll() is None:
                started.send_signal(signal.SIGTERM)
                started.wait(PATIENCE)
        until(lambda: not self.processes())


def unused_port() -> int:
    """A port that nobody has just now."""
    with free_port(18800 + 100 * (os.getpid() % 50)) as kept:
        return int(kept.getsockname()[1])


def until(condition: Callable[[], bool], patience: float = PATIENCE) -> None:
    """Waits for something to come true."""
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.05)


@pytest.fixture
def open_directory() -> Iterator[Path]:
    """A directory every user can pass through, as a clone usually lies in one; pytest's own are closed."""
    with tempfile.TemporaryDirectory(prefix="duban-local-") as name:
        os.chmod(name, 0o711)  # noqa: S103
        yield Path(name)


@pytest.fixture
def trial(open_directory: Path) -> Iterator[Trial]:
    """A stand-in project that leaves nothing running."""
    made = Trial(open_directory / "clone")
    yield made
    made.end()


@pytest.fixture(scope="session")
def once_played() -> Iterator[Place]:
    """The directory of a trial that was started once and stopped: many begin where it ended."""
    with tempfile.TemporaryDirectory(prefix="duban-local-") as name:
        os.chmod(name, 0o711)  # noqa: S103
        made = Trial(Path(name) / "clone")
        try:
            made.start()
        finally:
            made.end()
        yield Place(made.data)


@pytest.fixture
def played(trial: Trial, once_played: Place) -> Trial:
    """A trial that was started once and stopped."""
    place = Place(trial.data)
    for made, copied in ((once_played.data, place.data), (once_played.keys, place.keys)):
        subprocess.run(["cp", "-a", made, copied], check=True)
    return trial


@pytest.fixture
def closed_trial(tmp_path: Path) -> Iterator[Trial]:
    """A stand-in project where root's database user cannot reach it; it leaves nothing outside either."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    made = Trial(closed / "clone")
    yield made
    made.end()
    made.call("forget", "--yes")
