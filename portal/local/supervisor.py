"""Who starts what, in which order; what happens when one of them dies, and when the supervisor itself is told to stop.

Order: database, Redis, migrations, the demonstration city on the first start, web, two workers, the clock.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from portal.local import processes
from portal.local.launch import PR_SET_PDEATHSIG
from portal.local.places import CLONE, Hold, Place
from portal.local.postgres import conninfo
from portal.local.processes import NotStarted
from portal.local.servers import Servers, free_port

FIRST_PORT = 8000
WORKERS = 2
ROUND = 0.3  # seconds between two looks at the children
BACKOFF = (0.5, 1, 2, 5, 10, 30)  # seconds before the first, second … restart in a row
STEADY = 60.0  # seconds after which a child's earlier deaths are forgotten
WEB_PATIENCE = 60.0  # seconds until the web server must answer
SPARING = {"MALLOC_ARENA_MAX": "2"}  # eight threads would else keep eight heaps of what they no longer use


def web_command(port: int, target: str = "wsgi:app") -> list[str]:
    """The web server's command line; loaded once before it forks, so that its processes share what they loaded."""
    return [
        sys.executable,
        "-m",
        "gunicorn",
        "-k",
        "gthread",
        "-w",
        "2",
        "--threads",
        "8",
        "--preload",
        "--reuse-port",
        "--no-control-socket",
        "--max-requests",
        "5000",
        "--max-requests-jitter",
        "500",
        "--graceful-timeout",
        "10",
        "-b",
        f"127.0.0.1:{port}",
        target,
    ]


@dataclass
class Child:
    """One process that is kept alive."""

    name: str
    again: Callable[[], subprocess.Popen[bytes]]
    process: subprocess.Popen[bytes]
    patience: float = 20.0
    since: float = field(default_factory=time.monotonic)
    deaths: int = 0
    restart_at: float | None = None


class Supervisor:
    """Starts the portal on this machine and looks after it until it is told to stop."""

    def __init__(self, place: Place, root: Path = CLONE) -> None:
        self.place = place
        self.root = root
        place.prepare()
        self.servers = Servers(place)
        self.children: list[Child] = []
        self.stopping = threading.Event()

    def run(self) -> None:
        """Starts everything, says where it is, and returns when it has been stopped; raises NotStarted."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            if number != signal.SIGHUP or signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # nohup
                signal.signal(number, lambda *_: self.stopping.set())
        hold = self.place.hold()
        try:
            self.servers.start(hold)
            for server in self.servers.started:
                self.children.append(Child(server.name, server.again, server.process))
            self._clear_unfinished_demonstration()
            self._migrate()
            self._play_demonstration()
            if not self.stopping.is_set():
                address = self._start_portal(hold)
                self._greet(address)
            while not self.stopping.wait(ROUND):
                self._look_after()
        finally:
            self._stop()
            hold.release()

    def _start_portal(self, hold: Hold) -> str:
        port_socket = free_port(int(os.environ.get("DUBAN_PORT") or FIRST_PORT))
        port = port_socket.getsockname()[1]
        address = f"http://127.0.0.1:{port}"
        environment = {"BASE_URL": address, **self.servers.environment()}
        self._keep("web", web_command(port), SPARING | environment, hold)
        for number in range(1, WORKERS + 1):
            self._keep(f"worker-{number}", [sys.executable, "-m", "portal.jobs.worker"], environment, hold)
        self._keep("clock", [sys.executable, "-m", "portal.jobs.clock"], environment, hold)
        self._wait_for(address)
        self._port_socket = port_socket  # held as long as we live, so that no other start takes the port
        return address

    def _keep(self, name: str, command: list[str], environment: dict[str, str], hold: Hold) -> None:
        log = self.place.logs / f"{name}.log"

        def again() -> subprocess.Popen[bytes]:
            return processes.start(command, log=processes.fresh_log(log), env=environment, cwd=self.root, keep=(hold.inherited,))

        self.children.append(Child(name, again, again()))

    def _wait_for(self, address: str) -> None:
        web = next(child for child in self.children if child.name == "web")
        deadline = time.monotonic() + WEB_PATIENCE
        while not self.stopping.is_set():
            if web.process.poll() is not None or time.monotonic() > deadline:
                log = self.place.logs / "web.log"
                raise NotStarted(f"The web server did not start. The end of {log}:\n{processes.last_lines(log)}")
            try:
                urllib.request.urlopen(address, timeout=10).close()  # our own loopback address
                return
            except urllib.error.HTTPError as answer:  # any answer is a sign of life
                answer.close()
                return
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)

    def _look_after(self) -> None:
        now = time.monotonic()
        for child in self.children:
            if child.process.poll() is None:
                if child.deaths and now - child.since > STEADY:
                    child.deaths = 0
            elif child.restart_at is None:
                wait = BACKOFF[min(child.deaths, len(BACKOFF) - 1)]
                child.deaths += 1
                child.restart_at = now + wait
                print(
                    f"{child.name} ended ({child.process.returncode}); it starts again in {wait:g} s. Logs: {self.place.logs}",
                    flush=True,
                )
            elif now >= child.restart_at:
                child.process, child.since, child.restart_at = child.again(), now, None

    def _stop(self) -> None:
        """Ends first who uses the servers, all at once, then the servers."""
        own = [child for child in self.children if child.name not in {s.name for s in self.servers.started}]
        for child in own:
            if child.process.poll() is None:
                child.process.terminate()
        for child in own:
            processes.stop(child.process, patience=child.patience)
        self.servers.stop()

    def _flask(self, *words: str, as_owner: bool = False, shown: bool = True) -> subprocess.CompletedProcess[str]:
        """Runs one command of the portal; it is ended when we are."""
        log = self.place.logs / "command.log"
        log.unlink(missing_ok=True)
        process = processes.start(
            [sys.executable, "-m", "flask", "--app", "wsgi", *words],
            cwd=self.root,
            env=self.servers.environment(as_owner),
            log=None if shown else log,
        )
        while process.poll() is None:
            if self.stopping.wait(0.05):
                processes.stop(process)
        said = "" if shown else log.read_text(encoding="utf-8", errors="replace")
        return subprocess.CompletedProcess(words, process.returncode, said)

    def _migrate(self) -> None:
        if not (self.root / "migrations" / "env.py").exists():
            print("There are no migrations yet; the database stays empty.", flush=True)
            return
        done = self._flask("db", "upgrade", as_owner=True, shown=False)
        if done.returncode and not self.stopping.is_set():
            raise NotStarted(f"The migrations failed:\n{done.stdout}")

    def _play_demonstration(self) -> None:
        if os.environ.get("DUBAN_PRODUCTION", "0") not in ("", "0") or self.stopping.is_set():
            return
        if os.environ.get("DUBAN_DEMONSTRATION") == "0":
            print("No demonstration city, as DUBAN_DEMONSTRATION=0 says.", flush=True)
            return
        if self._has_a_city():
            return
        if self._flask("demo", "play", "--help", shown=False).returncode:
            print("No demonstration city: this portal has no command `flask demo play`.", flush=True)
            return
        print("First start: playing the demonstration city …", flush=True)
        self._unfinished.touch()
        if self._flask("demo", "play").returncode:
            if self.stopping.is_set():
                return
            raise NotStarted(
                "The demonstration city could not be played; the reason stands above. "
                "`DUBAN_DEMONSTRATION=0 make run` starts without it."
            )
        self._unfinished.unlink()

    @property
    def _unfinished(self) -> Path:
        return self.place.data / "demonstration.unfinished"

    def _clear_unfinished_demonstration(self) -> None:
        """Begins anew when the first start was cut off while it played: nobody has worked in that database yet."""
        if not self._unfinished.exists():
            return
        if not self.servers.empty_database():
            raise NotStarted(
                "An earlier first start was cut off while it played the demonstration city into the "
                f"database DATABASE_URL names. Empty that database, then remove {self._unfinished}."
            )
        print("An earlier first start was cut off; beginning anew.", flush=True)
        self._unfinished.unlink()

    def _has_a_city(self) -> bool:
        with psycopg.connect(conninfo(self.servers.access.owner)) as connection:
            row = connection.execute("select to_regclass('public.city') is not null").fetchone()
            if not (row and row[0]):
                return False
            return connection.execute("select 1 from public.city limit 1").fetchone() is not None

    def _greet(self, address: str) -> None:
        if self.stopping.is_set():
            return
        print(f"\n督办通 is at  {address}/\n", flush=True)
        names = self._flask("demo", "names", shown=False)
        if names.returncode == 0:
            print(names.stdout, flush=True)
        elif not self._has_a_city():
            print(
                "There is no city yet. `.venv/bin/python -m portal.local with flask city create SHORT-NAME NAME` founds one;"
                " the README says how to bring in its units and people.\n",
                flush=True,
            )
        print(f"Data and logs: {self.place.data}. Ctrl-C stops everything.", flush=True)


def follow_parent() -> None:
    """Ends this process, gracefully, when the one that started it dies; for `make run`."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)
