"""What one does with the embedded servers besides running the portal: one command, a throw-away database, a check."""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from portal.local.places import CLONE, AlreadyHeld, Hold, Place, short_directory, write_private
from portal.local.postgres import Postgres, home_for
from portal.local.processes import NotStarted
from portal.local.servers import Servers


def run_with(place: Place, words: list[str], *, new_database: bool = False) -> int:
    """Runs one command with the portal's environment, the owner's address included; its exit status.

    Uses the servers of a portal that runs from the same directory, and otherwise starts them for so long. Programs of
    PostgreSQL are the embedded server's own, and run as its administrator.
    """
    if not words:
        raise NotStarted("Say which command to run: python -m portal.local with flask city create …")
    if words[0] in ("flask", "python"):
        words = [sys.executable, *(["-m", "flask", "--app", "wsgi"] if words[0] == "flask" else []), *words[1:]]
    hold: Hold | None = None
    with contextlib.suppress(AlreadyHeld):
        hold = place.hold()
    place.prepare()
    servers = Servers(place)
    try:
        if hold:
            servers.start(hold, new_database=new_database)
        else:
            servers.attach()
        environment = servers.environment(as_owner=True)
        if words[0].startswith("pg_") or words[0] in ("psql", "vacuumdb", "reindexdb"):
            environment |= servers.tools()
        program = shutil.which(words[0], path=environment.get("PATH"))
        if program is None:
            raise NotStarted(f"There is no program {words[0]} here.")
        return subprocess.run([program, *words[1:]], env=environment, cwd=CLONE, check=False).returncode
    finally:
        servers.stop()
        if hold:
            hold.release()


def serve(pid: int, home: Path, ready: Path) -> None:
    """Keeps a throw-away database in `home` until the process `pid` ends; loses everything then.

    Nothing is synced to disk. `ready` gets the administrator's address when it can be used.
    """
    life = os.pidfd_open(pid)
    postgres = Postgres(home, fsync=False)
    told, tell = os.pipe()
    os.set_blocking(tell, False)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    signal.set_wakeup_fd(tell)
    try:
        postgres.start()
        write_private(ready, postgres.url().render_as_string(hide_password=False))
        select.select([life, told], [], [])
    finally:
        postgres.stop()
        shutil.rmtree(home, ignore_errors=True)


def check_migrations() -> int:
    """Migrates an empty throw-away database and compares it with the models; 0 when they agree."""
    with tempfile.TemporaryDirectory(prefix="duban-check-") as directory:
        os.chmod(directory, 0o711)  # noqa: S103 - the database's user passes through to its own part
        place = Place(Path(directory) / "var")  # with its key beside it
        hold = place.hold()
        place.prepare()
        servers = Servers(
            place,
            {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL")},
        )
        try:
            servers.start(hold)
            for words in (("db", "upgrade"), ("db", "check")):
                done = subprocess.run(
                    [sys.executable, "-m", "flask", "--app", "wsgi", *words],
                    cwd=CLONE,
                    text=True,
                    env=servers.environment(as_owner=True),
                    check=False,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                )
                if done.returncode:
                    print(done.stdout)
                    print(f"`flask {' '.join(words)}` says no: migrations and models differ.", file=sys.stderr)
                    return 1
        finally:
            servers.stop()
            hold.release()
    print("The migrations make the tables the models describe.")
    return 0


def forget(place: Place, really: bool) -> None:
    """Removes one installation's data, keys and embedded database; there is no way back."""
    if not place.data.exists():
        return
    home = home_for(place.data)
    if not really:
        raise NotStarted(f"This would remove {place.data}, {place.keys} and {home} for good. Say --yes if that is meant.")
    hold = place.hold()
    try:
        for sockets in (home / "run", place.data / "redis"):
            shutil.rmtree(short_directory(sockets), ignore_errors=True)
        shutil.rmtree(home, ignore_errors=True)
        shutil.rmtree(place.data)
        shutil.rmtree(place.keys, ignore_errors=True)
    finally:
        hold.release()
