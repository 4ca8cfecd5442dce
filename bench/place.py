"""Where the bench runs: a database, Redis and web servers of its own, in a directory that goes at the end."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg

from portal.local import processes, provision
from portal.local.nursery import SPARING
from portal.local.places import CLONE, Place
from portal.local.ports import free_port
from portal.local.postgres import Postgres, conninfo
from portal.local.redis import RedisServer

WORKERS, THREADS = 2, 8
FIRST_PORT = 18_000
PATIENCE = 60.0  # seconds until a web server must answer


class Ground:
    """Everything that has to run."""

    def __init__(self) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="duban-bench-"))
        self.place = Place(self.directory / "place")
        self.servers: dict[int, subprocess.Popen[bytes]] = {}
        self.ports: dict[int, socket.socket] = {}
        self.directory.chmod(0o711)  # the database's user passes through to its own part
        self.place.prepare()
        self.place.make_keys()
        self.postgres = Postgres(self.directory / "postgres")
        self.redis = RedisServer(self.directory / "redis", persistent=False)

    def start(self) -> None:
        """Database server and Redis run."""
        self.postgres.start()
        self.redis.start()

    def __enter__(self) -> Ground:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_exc: object) -> None:
        self.stop()

    def database(self, name: str) -> tuple[dict[str, str], psycopg.Connection]:
        """A database with the portal's tables: what the portal is told of it, and a connection that passes row-level
        security, for the bulk load."""
        access = provision.provision(self.postgres.url(), self.postgres.passwords(), name)
        environment = {
            **{name: value for name, value in os.environ.items() if name not in ("SMTP_URL", "TRUSTED_PROXIES")},
            "DATABASE_URL": access.app_url,
            "REDIS_URL": self.redis.url,
            "DUBAN_PRODUCTION": "0",
            "SECRET_KEY_FILE": str(self.place.secret_key),
            "VAULT_KEY_FILE": str(self.place.vault_key),
            "FILES_DIR": str(self.place.files),
            "BASE_URL": "http://127.0.0.1:8000",
        }
        said = subprocess.run(
            [sys.executable, "-m", "flask", "--app", "wsgi", "db", "upgrade"], cwd=CLONE, check=False, text=True,
            env=environment | {"DATABASE_OWNER_URL": access.owner_url}, capture_output=True,
        )  # fmt: skip
        if said.returncode:
            raise processes.NotStarted(f"The migrations failed:\n{said.stdout}{said.stderr}")
        administrator = access.app.set(username="postgres", password=self.postgres.passwords()["postgres"])
        return environment, psycopg.connect(conninfo(administrator), autocommit=True)

    def serve(self, target: str, environment: dict[str, str]) -> Web:
        """The web server's line as `make run` starts it, which hands it the socket it listens on."""
        kept = free_port(FIRST_PORT)
        port = int(kept.getsockname()[1])
        self.ports[port] = kept
        log = self.directory / f"{target.partition(':')[0]}-{port}.log"
        process = processes.start(
            [sys.executable, "-m", "gunicorn", "-c", "python:portal.local.serving", "-b", f"fd://{kept.fileno()}", target],
            env=SPARING | environment,
            cwd=CLONE,
            log=log,
            keep=(kept.fileno(),),
        )
        self.servers[port] = process
        web = Web(process.pid, port, log)
        deadline = time.monotonic() + PATIENCE
        while len(web.workers()) < WORKERS or not web.answers():
            if process.poll() is not None or time.monotonic() > deadline:
                raise processes.NotStarted(f"{target} did not start:\n{processes.last_lines(log)}")
            time.sleep(0.1)
        return web

    def end(self, web: Web) -> None:
        """Ends one web server."""
        processes.stop(self.servers.pop(web.port))
        self.ports.pop(web.port).close()

    def stop(self) -> None:
        """Ends what was started, and removes all of it."""
        for process in self.servers.values():
            processes.stop(process)
        for kept in self.ports.values():
            kept.close()
        self.redis.stop()
        self.postgres.stop()
        for sockets in (self.redis.socket.parent, self.directory):
            shutil.rmtree(sockets, ignore_errors=True)


class Web:
    """One running web server."""

    def __init__(self, pid: int, port: int, log: Path) -> None:
        self.pid, self.port, self.log = pid, port, log

    def workers(self) -> list[int]:
        """The processes that answer."""
        return children(self.pid)

    def answers(self) -> bool:
        """Whether it lets one connect."""
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        return True

    def memory(self) -> float:
        """PSS of the workers together, in MiB."""
        return sum(memory(pid) for pid in self.workers())


def children(pid: int) -> list[int]:
    """The processes that this one started; none where it has ended."""
    try:
        return [int(one) for task in Path(f"/proc/{pid}/task").iterdir() for one in (task / "children").read_text().split()]
    except OSError:
        return []


def memory(pid: int) -> float:
    """PSS of one process in MiB; none where it has ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024
