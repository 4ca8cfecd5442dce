"""`make bench BENCH_ONLY=start`: from `make run` in a clean clone to the first page, and every start after it.

A second start is measured when the demonstration is played to its end: with no byte code at all that may be written, and
with byte code there. Everything lies in one directory that goes at the end; packages come as `make run` brings them.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import statistics
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from portal.local.places import CLONE
from portal.local.ports import free_port
from portal.local.processes import NotStarted

TIMES = 3
FIRST_PORT = 18_500
PATIENCE = 600.0  # seconds
MOST_FIRST, MOST_SECOND, MOST_WITHOUT_CODE = 40.0, 2.5, 6.0  # seconds
# What the environment may say that would make it another start.
DECIDES = re.compile("DUBAN_(?!POSTGRES)|DATABASE_|REDIS_|(SECRET|VAULT)_KEY_|FILES_DIR|BASE_URL|SMTP_|PYTHON|MAKE|MFLAGS")
MILESTONE = re.compile(r"^ *([\d.]+) s  (.+)$", re.MULTILINE)


@dataclass
class Start:
    """One start: the seconds to its first page, and those of each part."""

    seconds: float
    parts: dict[str, float]


class Portal:
    """The working files of some clone, with a data directory of its own."""

    def __init__(self, root: Path, data: Path) -> None:
        self.root, self.data = root, data

    @classmethod
    def cloned(cls, directory: Path) -> Portal:
        """A clean clone."""
        root = directory / "clone"
        subprocess.run(["git", "clone", "-q", str(CLONE), str(root)], check=True)
        changed = subprocess.run(
            ["git", "ls-files", "-z", "--modified", "--others", "--exclude-standard"], cwd=CLONE, check=True, capture_output=True
        )
        for name in filter(None, changed.stdout.decode().split("\0")):
            if (CLONE / name).exists():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(CLONE / name, root / name)
            else:
                (root / name).unlink()
        return cls(root, directory / "data")

    def start(self, *, writes_code: bool, until_played: bool = False, look: Callable[[int], None] | None = None) -> Start:
        """Starts the portal, asks until the first page comes, lets `look` see the process that started all, and stops it."""
        with free_port(FIRST_PORT) as kept:
            port = int(kept.getsockname()[1])
        begun = time.monotonic()
        running = subprocess.Popen(
            ["make", "run"],
            cwd=self.root,
            env=self._environment(port, writes_code),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            seconds = _until(lambda: _answers(port), running) - begun
            _until(lambda: "the start is complete" in self._diary(), running)
            if until_played:
                _until(lambda: not (self.data / "demonstration.unfinished").exists(), running)
            if look is not None:
                look(running.pid)
        finally:
            if running.poll() is None:
                os.killpg(running.pid, signal.SIGINT)
            running.communicate()
        return Start(seconds, self._parts(seconds))

    def forget(self) -> None:
        """As if nothing had ever been started here, but for the packages."""
        subprocess.run(
            [".venv/bin/python", "-m", "portal.local", "forget", "--yes"], cwd=self.root, check=True, env=self._environment()
        )

    def _environment(self, port: int = 0, writes_code: bool = False) -> dict[str, str]:
        told = {name: value for name, value in os.environ.items() if not DECIDES.match(name)}
        return told | {
            "DUBAN_DATA": str(self.data),
            "DUBAN_PORT": str(port),
            **({} if writes_code else {"PYTHONDONTWRITEBYTECODE": "1"}),
        }

    def _diary(self) -> str:
        """What the last start noted."""
        path = self.data / "log" / "start.log"
        return re.split(r"(?m)^\d{4}-.*$", path.read_text())[-1] if path.exists() else ""

    def _parts(self, seconds: float) -> dict[str, float]:
        """What each part took, until the page came."""
        noted = [(what, float(at)) for at, what in MILESTONE.findall(self._diary())]
        answered = next(at for what, at in noted if what.startswith("the web server"))
        parts, before = {"make, packages and words": max(0.0, seconds - answered)}, 0.0
        for what, at in noted:
            if at <= answered:
                parts[f"until {what}"] = at - before
                before = at
        return parts


def run() -> None:
    """Measures and prints."""
    with tempfile.TemporaryDirectory(prefix="duban-bench-start-") as name:
        directory = Path(name)
        directory.chmod(0o711)  # the database's user passes through to its own part
        first, second, coded = [], [], []
        for number in range(TIMES):
            place = directory / str(number)
            place.mkdir()
            clone = Portal.cloned(place)
            first.append(clone.start(writes_code=False, until_played=number == TIMES - 1))
            if number < TIMES - 1:
                clone.forget()
                shutil.rmtree(place)
        second = [clone.start(writes_code=False) for _number in range(TIMES)]
        clone.start(writes_code=True)
        coded = [clone.start(writes_code=True) for _number in range(TIMES)]
        clone.forget()
    print(f"\nfrom `make run` to the first page, {TIMES} times each, load of the machine {os.getloadavg()[0]:.1f}\n")
    _print("first start, from a clean clone", first, MOST_FIRST)
    _print("second start, no byte code", second, MOST_WITHOUT_CODE)
    _print("second start", coded, MOST_SECOND)


def _print(what: str, starts: list[Start], most: float) -> None:
    median = statistics.median(start.seconds for start in starts)
    middle = min(starts, key=lambda start: abs(start.seconds - median))
    print(f"{what:44} {median:8.1f} s   {f'≤ {most} s':24} {'met' if median <= most else 'MISSED'}")
    print(f"    each: {', '.join(f'{start.seconds:.1f}' for start in starts)} s; of the middle one:")
    for part, seconds in middle.parts.items():
        print(f"    {seconds:6.2f} s  {part}")


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as answer:
            return bool(answer.status == 200)
    except urllib.error.HTTPError as answer:
        raise NotStarted(f"The first page answers {answer.code}.") from None
    except OSError:
        return False


def _until(true: Callable[[], bool], running: subprocess.Popen[bytes]) -> float:
    deadline = time.monotonic() + PATIENCE
    while not true():
        if running.poll() is not None or time.monotonic() > deadline:
            raise NotStarted(f"`make run` did not come so far:\n{running.communicate()[0].decode() if running.stdout else ''}")
        time.sleep(0.01)
    return time.monotonic()
