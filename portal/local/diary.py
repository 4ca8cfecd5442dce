"""What a start spends its seconds on, for an operator: `start.log`, a line a milestone."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path


class Diary:
    """One start's milestones, with the seconds since this process began."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.began = time.monotonic() - _age()
        self._write(time.strftime("%Y-%m-%d %H:%M:%S %z"))

    def note(self, what: str) -> None:
        """Writes down what has just been reached."""
        self._write(f"{time.monotonic() - self.began:8.2f} s  {what}")

    def _write(self, line: str) -> None:
        with contextlib.suppress(OSError), self.path.open("a", encoding="utf-8") as file:  # a full disk: never mind
            file.write(line + "\n")


def _age() -> float:
    """Seconds since the kernel started this process, the interpreter's own loading among them."""
    ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
    return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
