"""Strangers who are slow to ask stop nobody: the shipped configuration of gunicorn, with real processes and sockets."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from portal.local.arrivals import FIRST_PIECE, has_arrived
from portal.local.ports import free_port
from tests.conftest import CLONE

LARGE = 32 * 1024 * 1024
APP = (
    f"LARGE = {LARGE}\n"
    + """
def app(environ, start_response):
    if environ["PATH_INFO"] == "/large":
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(LARGE))])
        return (b"x" * 65536 for _piece in range(LARGE // 65536))
    said = environ["wsgi.input"].read()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(str(len(said)))))])
    return [str(len(said)).encode()]
"""
)


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Where a small application is served as the portal is."""
    home: Path = tmp_path_factory.mktemp("slow")
    (home / "small.py").write_text(APP)
    with free_port(18400) as found:
        number = found.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "-c", "python:portal.local.serving", "-b", f"127.0.0.1:{number}"]
    with (home / "log").open("w") as log:
        served = subprocess.Popen([*command, "--pythonpath", f"{home},{CLONE}", "small:app"], cwd=CLONE, stdout=log, stderr=log)
    for _time in range(100):
        try:
            assert ask(number) == b"0"
            break
        except OSError:
            assert served.poll() is None, (home / "log").read_text()
            time.sleep(0.05)
    yield number
    served.terminate()
    served.wait(20)


def ask(port: int, body: bytes | None = None) -> bytes:
    with urlopen(Request(f"http://127.0.0.1:{port}/", data=body), timeout=3) as answer:
        said: bytes = answer.read()
    return said


def connections(stack: ExitStack, port: int, count: int) -> list[socket.socket]:
    return [stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=3)) for _one in range(count)]


def trickled(sockets: list[socket.socket], piece: bytes) -> None:
    for one in sockets:
        try:
            one.sendall(piece)
        except OSError:
            continue


@pytest.mark.parametrize(
    "said",
    [
        b"GET /health HT",
        b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 300\r\n\r\nname=",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5000000\r\n\r\n" + b"x" * FIRST_PIECE,
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        b"",
    ],
    ids=["half a line", "half a head", "half a form", "half a large body", "half a chunk", "nothing"],
)
def test_forty_slow_connections_stop_nobody(port: int, said: bytes) -> None:
    with ExitStack() as stack:
        slow = connections(stack, port, 40)
        trickled(slow, said)
        for _time in range(6):
            trickled(slow, b"a" if said else b"")
            began = time.monotonic()
            assert ask(port) == b"0"
            assert ask(port, b"x" * 200_000) == b"200000"
            assert time.monotonic() - began < 2.5  # all forty may have come to one process: a quarter second each, on four threads
            time.sleep(0.1)


def test_forty_who_do_not_read_stop_nobody(port: int) -> None:
    with ExitStack() as stack:
        slow = connections(stack, port, 40)
        trickled(slow, b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(1)
        for _time in range(3):
            assert ask(port) == b"0"
            for one in slow:
                with suppress(OSError):
                    one.recv(1000)
            time.sleep(0.3)


def test_a_large_answer_is_read_whole(port: int) -> None:
    with urlopen(f"http://127.0.0.1:{port}/large", timeout=20) as answer:
        assert len(answer.read(1000)) == 1000
        time.sleep(1)
        assert len(answer.read()) == LARGE - 1000


def test_what_comes_in_pieces_is_answered(port: int) -> None:
    with ExitStack() as stack:
        (one,) = connections(stack, port, 1)
        for piece in (b"POST / HT", b"TP/1.1\r\nHost: x\r\nContent-Le", b"ngth: 20000\r\n\r\n", b"x" * 7000, b"x" * 13000):
            one.sendall(piece)
            time.sleep(0.1)
        assert one.recv(4096).startswith(b"HTTP/1.1 200")
        one.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")  # the connection is kept
        time.sleep(0.1)
        one.sendall(b"\r\n")
        assert one.recv(4096).startswith(b"HTTP/1.1 200")


def test_who_never_finishes_is_left(port: int) -> None:
    with ExitStack() as stack:
        (one,) = connections(stack, port, 1)
        one.sendall(b"GET / HTTP/1.1\r\nHost")
        one.settimeout(14)
        began = time.monotonic()
        with suppress(ConnectionResetError):  # with what was sent still unread
            assert one.recv(100) == b""
        assert 8 < time.monotonic() - began < 13


@pytest.mark.parametrize(
    ("seen", "there"),
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", True),
        (b"GET / HTTP/1.1\r\nHost: x\r\n", False),
        (b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nab", False),
        (b"POST / HTTP/1.1\r\ncontent-length:3\r\n\r\nabc", True),
        (b"POST / HTTP/1.1\r\nContent-Length: 900000\r\nExpect: 100-continue\r\n\r\n", True),
        (b"POST / HTTP/1.1\r\nContent-Length: 900000\r\n\r\n" + b"x" * FIRST_PIECE, True),
        (b"x" * 70_000, True),
    ],
)
def test_what_is_there_is_told_from_what_is_not(seen: bytes, there: bool) -> None:
    assert has_arrived(seen) is there
