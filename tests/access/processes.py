"""Two processes of the portal over one database server of their own, each of which can be asked by itself."""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from flask import Flask

from portal.app import check_ready, create_app
from portal.config import Settings
from portal.kernel.db import db
from portal.local import provision
from portal.local.ports import free_port
from portal.local.postgres import Postgres, conninfo
from tests.conftest import CLONE, PASSWORDS, migrate
from tests.local.conftest import until, unused_port
from tests.world import World

NAME, COPY = "stale", "stale_copy"


@dataclass
class Processes:
    """The two, by their ports; their database server; and the portal of the test's own process over the same database."""

    ports: tuple[int, int]
    server: Postgres
    app: Flask

    def ask(self, port: int, world: World, cookie: str, path: str) -> tuple[int, str]:
        """What one of them answers to this session."""
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            connection.request("GET", world.url(path), headers={"Cookie": f"duban={cookie}", "Accept-Language": "zh"})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def restart(self) -> None:
        """The database server ends and is there again; nobody's connection outlives it."""
        self.forget_connections()
        self.server.stop()
        self.server.start()

    def forget_connections(self) -> None:
        """The test's own process begins with new ones; the two that are asked must find out by themselves."""
        with self.app.app_context():
            db.engine.dispose()

    def copy(self, source: str, target: str) -> None:
        """The database as it is now, under another name, in place of what had that name; nobody's connection outlives it."""
        self.forget_connections()
        with psycopg.connect(conninfo(self.server.url()), autocommit=True) as admin:
            admin.execute(f"DROP DATABASE IF EXISTS {target} WITH (FORCE)")
            admin.execute(f"ALTER DATABASE {source} ALLOW_CONNECTIONS false")
            admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (source,))
            admin.execute(f"CREATE DATABASE {target} TEMPLATE {source}")
            admin.execute(f"ALTER DATABASE {source} ALLOW_CONNECTIONS true")
            for (statement,) in admin.execute(
                "SELECT format('ALTER DATABASE %%I SET %%s', %s::text, replace(setting, '=', ' = ')) FROM "
                "(SELECT unnest(setconfig) AS setting FROM pg_db_role_setting JOIN pg_database d ON d.oid = setdatabase "
                "WHERE datname = %s AND setrole = 0) s", (target, source),
            ).fetchall():  # fmt: skip
                admin.execute(statement)


@contextmanager
def two_processes(keys: dict[str, str], redis_url: str) -> Iterator[Processes]:
    """Both as gunicorn starts them, with one worker each."""
    with ExitStack() as ending, tempfile.TemporaryDirectory(prefix="duban-stale-") as directory:
        Path(directory).chmod(0o755)
        server = Postgres(Path(directory) / "home", fsync=False)
        server.start()
        ending.callback(server.stop)
        access = provision.provision(server.url(), PASSWORDS, NAME)
        environment = keys | {"DATABASE_URL": access.app_url, "REDIS_URL": redis_url}
        migrate(environment | {"DATABASE_OWNER_URL": access.owner_url}, "upgrade")
        first = unused_port()
        with free_port(first) as one, free_port(first + 1) as other:
            ports = one.getsockname()[1], other.getsockname()[1]
        processes: dict[int, subprocess.Popen[bytes]] = {}
        for port in ports:
            processes[port] = subprocess.Popen(
                [sys.executable, "-m", "gunicorn", "-c", "python:portal.local.serving", "-w", "1", "-b", f"127.0.0.1:{port}",
                 "wsgi:app"],
                cwd=CLONE, env=os.environ | environment | {"BASE_URL": f"http://127.0.0.1:{port}"},
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
            ending.callback(processes[port].wait, 30)
            ending.callback(processes[port].terminate)
        app = check_ready(create_app(Settings.from_environment(environment), TESTING=True))
        for port in ports:
            until(lambda port=port: processes[port].poll() is not None or _answers(port))
        assert [process.poll() for process in processes.values()] == [None, None]
        both = Processes(ports, server, app)
        yield both
        both.forget_connections()


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()
