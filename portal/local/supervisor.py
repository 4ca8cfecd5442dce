"""Who starts what, in which order; what happens when one of them dies, and when the supervisor itself is told to stop.

Order: the portal begins to load, beside it database and Redis start; migrations; the beginning of the demonstration city
on the first start; web, two workers, the clock; and behind the open door the rest of the demonstration.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from portal.kernel import revisions
from portal.local import ports, processes
from portal.local.diary import Diary
from portal.local.nursery import Nursery
from portal.local.places import CLONE, Hold, Place
from portal.local.processes import NotStarted

if TYPE_CHECKING:
    from portal.local.servers import Servers

WORKERS = 2
ROUND = 0.3  # seconds between two looks at the children
BACKOFF = (0.5, 1, 2, 5, 10, 30)  # seconds before the first, second … restart in a row
STEADY = 60.0  # seconds after which a child's earlier deaths are forgotten
WEB_PATIENCE = 60.0  # seconds until the web server must answer
HELD = (
    "This database was restored from a copy: nothing is sent and everybody was signed out. "
    "`{local} with flask restored` lists what waits and lets go."
)
NO_DEMONSTRATION = "`DUBAN_DEMONSTRATION=0 make run` starts without it."


class Process(Protocol):
    """What is known of a child: how it ended, or None."""

    returncode: int | None

    def poll(self) -> int | None: ...


@dataclass
class Child:
    """One process that is kept alive; `forked` ones need the loaded portal to begin again, `ends` one may end well."""

    name: str
    again: Callable[[], Process]
    process: Process
    forked: bool = False
    ends: bool = False
    since: float = field(default_factory=time.monotonic)
    deaths: int = 0
    restart_at: float | None = None


class Stopped(Exception):
    """The supervisor was told to stop while it started."""


class Supervisor:
    """Starts the portal on this machine and looks after it until it is told to stop."""

    servers: Servers
    nursery: Nursery

    def __init__(self, place: Place, root: Path = CLONE) -> None:
        self.place = place
        self.root = root
        self.children: list[Child] = []
        self.stopping = threading.Event()

    def run(self) -> None:
        """Starts everything, says where it is, and returns when it has been stopped; raises NotStarted."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            if number != signal.SIGHUP or signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # nohup
                signal.signal(number, lambda *_: self.stopping.set())
        hold = self.place.hold()
        try:
            # Held as long as we live: no other start takes the port, and who comes while the web server is begun again waits.
            with ports.take(os.environ) as listener, contextlib.suppress(Stopped):
                self.place.prepare()
                self._start(hold, listener)
                while not self.stopping.wait(ROUND):
                    self._look_after()
        finally:
            self._stop()
            hold.release()

    def _start(self, hold: Hold, listener: socket.socket) -> None:
        diary = Diary(self.place.logs / "start.log")
        self.nursery = Nursery(self.root, self.place.logs, (hold.inherited, listener.fileno()))
        self.children.append(Child("portal", self.nursery.launch, self.nursery.launch()))

        from portal.local import contents  # they load much themselves, meanwhile
        from portal.local.servers import Servers

        self.servers = Servers(self.place)
        self.servers.start(hold)
        for server in self.servers.started:
            self.children.append(Child(server.name, server.again, server.process))
        diary.note("database and Redis answer")
        owner = self.servers.access.owner
        if contents.must_migrate(owner):
            if self._run("migrations", "migrate", self.servers.environment(as_owner=True), aloud=revisions.WAITS):
                raise NotStarted(self._why("The migrations failed.", "migrations"))
            diary.note("the tables are up to date")
        port = listener.getsockname()[1]
        address = f"http://127.0.0.1:{port}"
        self.nursery.load({"BASE_URL": address, **self.servers.environment()})
        self._until(lambda: self.nursery.loaded)
        diary.note("the portal is loaded")
        if self._demonstration_is_due(lambda: contents.has_a_city(owner)):
            self._begin_demonstration()
            diary.note("the demonstration has begun")
        self._keep("web", "web", listener.fileno())
        for number in range(1, WORKERS + 1):
            self._keep(f"worker-{number}", "worker")
        self._keep("clock", "clock")
        self._wait_for(port)
        diary.note("the web server answers")
        if self._unfinished.exists() and _demonstrates():
            self._keep("demonstration", "finish_demonstration", ends=True)
        self._greet(address, lambda: contents.has_a_city(owner))
        diary.note("the start is complete")

    def _keep(self, name: str, part: str, *words: Any, ends: bool = False) -> None:
        def again() -> Process:
            return self.nursery.fork(name, part, *words)

        self.children.append(Child(name, again, again(), forked=True, ends=ends))

    def _run(self, name: str, part: str, settings: Mapping[str, str] | None = None, aloud: str | None = None) -> int:
        """Runs one part to its end; it is ended when we are. Lines of its log that begin with `aloud` are said here too."""
        running = self.nursery.fork(name, part, settings=settings)
        said: list[str] = []

        def ended() -> bool:
            over = running.poll() is not None
            if aloud:
                lines = processes.last_lines(self.place.logs / f"{name}.log").splitlines()
                new = [line for line in lines if line.startswith(aloud) and line not in said]
                said.extend(new)
                for line in new:
                    print(line, flush=True)
            return over

        self._until(ended)
        return running.returncode or 0

    def _until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            if self.stopping.is_set():
                raise Stopped
            self.nursery.wait()

    def _why(self, what: str, name: str) -> str:
        return processes.why(what, self.place.logs / f"{name}.log")

    def _wait_for(self, port: int) -> None:
        web = next(child for child in self.children if child.name == "web")
        deadline = time.monotonic() + WEB_PATIENCE
        while not self.stopping.is_set():
            if web.process.poll() is not None or time.monotonic() > deadline:
                raise NotStarted(self._why("The web server did not start.", "web"))
            if _answers(port):
                return
            time.sleep(0.02)
        raise Stopped

    def _look_after(self) -> None:
        now = time.monotonic()
        for child in list(self.children):
            if child.process.poll() is None:
                if child.deaths and now - child.since > STEADY:
                    child.deaths = 0
            elif child.ends and child.process.returncode == 0:
                self._unfinished.unlink(missing_ok=True)
                self.children.remove(child)
            elif child.restart_at is None:
                wait = BACKOFF[min(child.deaths, len(BACKOFF) - 1)]
                child.deaths += 1
                child.restart_at = now + wait
                full = f" {processes.disk_full(self.place.data)}" if processes.is_full(self.place.data) else ""
                ended = f"{child.name} ended ({child.process.returncode}); it starts again in {wait:g} s."
                print(f"{ended} Logs: {self.place.logs}{full}", flush=True)
            elif now >= child.restart_at and (self.nursery.loaded or not child.forked):
                child.process, child.since, child.restart_at = child.again(), now, None

    def _stop(self) -> None:
        """Ends first who uses the servers, all at once, then the servers."""
        if hasattr(self, "nursery"):
            self.nursery.stop()
        if hasattr(self, "servers"):
            self.servers.stop()

    @property
    def _unfinished(self) -> Path:
        """The file that says which step of the demonstration is not done, `begin` or `finish`; none: nothing is due."""
        return self.place.data / "demonstration.unfinished"

    def _demonstration_is_due(self, there_is_a_city: Callable[[], bool]) -> bool:
        if not _demonstrates():
            if os.environ.get("DUBAN_DEMONSTRATION") == "0":
                print("No demonstration city, as DUBAN_DEMONSTRATION=0 says.", flush=True)
            return False
        if self._unfinished.exists():
            print("An earlier first start was cut off; the demonstration goes on where it was.", flush=True)
            return self._unfinished.read_text(encoding="ascii") != "finish"
        if there_is_a_city():
            return False
        print("First start: playing the demonstration city …", flush=True)
        self._unfinished.write_text("begin", encoding="ascii")
        return True

    def _begin_demonstration(self) -> None:
        if self._run("demonstration", "begin_demonstration"):
            raise NotStarted(self._why(f"The demonstration city could not be played; {NO_DEMONSTRATION}", "demonstration"))
        self._unfinished.write_text("finish", encoding="ascii")

    def _greet(self, address: str, there_is_a_city: Callable[[], bool]) -> None:
        print(f"\n督办通 is at  {address}/\n", flush=True)
        said = self.place.logs / "names.log"
        if self._run("names", "names") == 0:
            print(processes.last_lines(said), "\n", sep="", flush=True)
        elif not there_is_a_city():
            print(
                f"There is no city yet. `{_local()} with flask city create SHORT-NAME NAME` founds one;"
                " the README says how to bring in its units and people.\n",
                flush=True,
            )
        from portal.local import contents

        if contents.is_held(self.servers.access.owner):
            print(f"{HELD.format(local=_local())}\n", flush=True)
        if not os.environ.get("VAULT_KEY_FILE"):
            print(self._where_the_key_lies(), flush=True)
        print(f"Data and logs: {self.place.data}. Ctrl-C stops everything.", flush=True)

    def _where_the_key_lies(self) -> str:
        key = self.place.vault_key
        if key == self.place.former_vault_key:
            return f"The vault's key lies in {key}, in every copy of the data: better moved to {self.place.keys / key.name}."
        return f"The vault's key lies in {key}, and in no copy of the data: back it up, apart."


def _answers(port: int) -> bool:
    """Whether the web server answers a request, whatever it says."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            connection.sendall(f"GET / HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
            return connection.recv(16).startswith(b"HTTP/")
    except OSError:
        return False


def _local() -> str:
    """How an operator runs a command on these data: as the service's user, with its environment, where systemd started us."""
    return "deploy/as-service python -m portal.local" if "INVOCATION_ID" in os.environ else ".venv/bin/python -m portal.local"


def _demonstrates() -> bool:
    return os.environ.get("DUBAN_PRODUCTION", "0") in ("", "0") and os.environ.get("DUBAN_DEMONSTRATION") != "0"
