"""Starts of the portal in processes of their own, without the seconds that each would spend on importing: one process has
imported everything, has made nothing of it, and forks for each start."""

from __future__ import annotations

import json
import os
import runpy
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

CLONE = Path(__file__).resolve().parents[1]
IMPORTED = ("flask.cli", "flask_migrate", "gunicorn.app.wsgiapp", "portal.app", "portal.commands")
PATIENCE = 60  # seconds
Start = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """`start(told, "flask", "--app", "wsgi", "db", "upgrade")`: what `python -m flask …` does to its end, told so by its
    environment."""
    said = tmp_path_factory.mktemp("starts")
    with subprocess.Popen(
        [sys.executable, "-m", "tests.starting"], cwd=CLONE, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as ready:
        assert ready.stdin and ready.stdout
        ask, hear = ready.stdin, ready.stdout

        def run(told: Mapping[str, str], *words: str) -> subprocess.CompletedProcess[str]:
            ask.write(json.dumps([str(said), {**os.environ, **told}, words]) + "\n")
            ask.flush()
            ended = int(hear.readline())
            return subprocess.CompletedProcess(words, ended, *((said / name).read_text() for name in ("out", "err")))

        yield run


def _serve() -> None:
    for name in IMPORTED:
        __import__(name)
    for line in sys.stdin:
        said, environment, words = json.loads(line)
        child = os.fork()
        if not child:
            return _begin(Path(said), environment, words)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}\n")
        sys.stdout.flush()


def _begin(said: Path, environment: dict[str, str], words: list[str]) -> None:
    signal.alarm(PATIENCE)
    for number, path in enumerate((Path(os.devnull), said / "out", said / "err")):
        with path.open("wb" if number else "rb") as file:
            os.dup2(file.fileno(), number)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = words
    runpy.run_module(words[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    _serve()
