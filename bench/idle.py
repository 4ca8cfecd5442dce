"""What the whole product holds in memory when nobody asks: all processes of `make run`, database and Redis too.

Measured with a data directory of its own, once the demonstration is played and has been at rest for a while. A page that
several processes share counts once (PSS).
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from bench.place import children, memory
from bench.start import Portal
from bench.targets import at_most
from portal.local.places import CLONE

REST = 20.0  # seconds
MOST, AIM = 320, 250  # MiB


class Held:
    """MiB by what a process is called."""

    def __init__(self) -> None:
        self.by_name: dict[str, tuple[int, float]] = {}

    def look(self, pid: int) -> None:
        """This process, and all that it has started, after a while of rest."""
        time.sleep(REST)
        waiting = [pid]
        while waiting:
            one = waiting.pop()
            waiting += children(one)
            if name := _name(one):
                number, held = self.by_name.get(name, (0, 0.0))
                self.by_name[name] = number + 1, held + memory(one)


def _name(pid: int) -> str:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace").split()
    except OSError:
        return ""
    if words and words[0].startswith("rq:"):
        return "rq worker"
    return " ".join(Path(word).name if word.startswith("/") else word for word in words[:3])[:40]


def run() -> None:
    """Measures and prints."""
    held = Held()
    with tempfile.TemporaryDirectory(prefix="duban-bench-idle-") as name:
        directory = Path(name)
        directory.chmod(0o711)  # the database's user passes through to its own part
        portal = Portal(CLONE, directory / "data")
        try:
            portal.start(writes_code=True, until_played=True, look=held.look)
        finally:
            portal.forget()
    print("\nmemory of all that `make run` starts, idle (PSS)\n")
    for name, (number, mebibytes) in sorted(held.by_name.items(), key=lambda one: -one[1][1]):
        print(f"{name:44} {number:3} {mebibytes:8.1f} MiB")
    at_most("memory, idle", round(sum(mebibytes for _number, mebibytes in held.by_name.values())), MOST, AIM, "MiB")
