"""Workers and clock are forks of one process that has loaded the portal: they share it, and nothing that is open."""

from __future__ import annotations

import contextlib
import os
import re
import signal
from pathlib import Path

from flask import Flask

from tests.conftest import Database
from tests.notify.test_killed import gone, running, wait_until

Quiet = tuple[Flask, Database, dict[str, str]]


def children(pid: int) -> set[int]:
    return {int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}


def sockets(pid: int) -> set[str]:
    """Open connections of a process."""
    found = set()
    with contextlib.suppress(OSError):  # it ended meanwhile
        for file in Path(f"/proc/{pid}/fd").iterdir():
            found.add(os.readlink(file))
    return {name for name in found if name.startswith("socket:")}


def at_work(pid: int) -> bool:
    """Whether both workers and the clock have begun."""
    return sum(bool(sockets(child)) for child in children(pid)) == 3


def kibibytes(pid: int, what: str) -> int:
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return sum(int(size) for size in re.findall(rf"^{what}_\w+: +(\d+) kB$", text, re.M))


def test_they_share_what_was_loaded_and_no_connection_and_begin_again_each_by_itself(quiet: Quiet, tmp_path: Path) -> None:
    log = tmp_path / "jobs.log"
    with running(os.environ | quiet[2] | {"DUBAN_SWEEP_SECONDS": "3600"}, log, "portal.jobs") as jobs:
        wait_until(lambda: at_work(jobs.pid), log)
        assert not sockets(jobs.pid), "nothing to be inherited"
        assert len(list(Path(f"/proc/{jobs.pid}/task").iterdir())) == 1, "a thread would be lost, and with it its locks"
        first = children(jobs.pid)
        connections = [sockets(child) for child in first]
        assert len(set[str]().union(*connections)) == sum(map(len, connections))
        for child in first:
            assert kibibytes(child, "Shared") > kibibytes(child, "Private")
        for child in first:
            others = children(jobs.pid) - {child}
            os.kill(child, signal.SIGKILL)
            wait_until(lambda child=child: child not in children(jobs.pid) and at_work(jobs.pid), log)
            assert others < children(jobs.pid)
        assert log.read_text().count("it starts again") == 3


def test_they_end_with_it_however_it_ends(quiet: Quiet, tmp_path: Path) -> None:
    log = tmp_path / "jobs.log"
    for number, status in ((signal.SIGTERM, 0), (signal.SIGKILL, -signal.SIGKILL)):
        with running(os.environ | quiet[2] | {"DUBAN_SWEEP_SECONDS": "3600"}, log, "portal.jobs") as jobs:
            wait_until(lambda: at_work(jobs.pid), log)
            parts = children(jobs.pid)
            jobs.send_signal(number)
            assert jobs.wait(60) == status
            wait_until(lambda parts=parts: all(gone(part) for part in parts), log)
