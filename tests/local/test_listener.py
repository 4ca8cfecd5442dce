"""One listening socket for all processes, the supervisor's: processes are recycled and the web server is begun anew under
load, and no fresh connection is cut or refused."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections import Counter

import pytest

from portal.local.ports import take
from portal.local.processes import NotStarted
from tests.local.conftest import CLONE, Trial, unused_port

CLIENTS, REQUESTS = 16, 2000
RECYCLED_AFTER = 120  # requests


def load(port: int, answers: Counter[str], many: threading.Event) -> None:
    """Fresh connections, one after the other."""
    for _number in range(REQUESTS // CLIENTS):
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
                connection.sendall(b"GET / HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
                answers[connection.recv(64)[9:12].decode()] += 1
        except OSError as fault:
            answers[type(fault).__name__] += 1
        if answers["200"] > REQUESTS // 2:
            many.set()


def test_recycled_processes_and_a_new_web_server_lose_no_connection(played: Trial) -> None:
    serving = played.root / "portal" / "local" / "serving.py"
    serving.write_text(serving.read_text() + f"max_requests = {RECYCLED_AFTER}\nmax_requests_jitter = 20\n")
    played.start()
    port, web = int(played.told["DUBAN_PORT"]), min(played.named("gunicorn: master"))
    answers: Counter[str] = Counter()
    many = threading.Event()
    clients = [threading.Thread(target=load, args=(port, answers, many)) for _number in range(CLIENTS)]
    for client in clients:
        client.start()
    assert many.wait(60), answers
    os.kill(web, signal.SIGTERM)  # its processes end what they have begun
    for client in clients:
        client.join()
    assert answers == {"200": REQUESTS // CLIENTS * CLIENTS}
    assert "web ended" in played.said()
    recycled = (played.data / "log" / "web.log").read_text().count("Autorestarting worker after current request")
    assert recycled >= REQUESTS // RECYCLED_AFTER // 2


def test_the_port_is_listened_on_from_the_first_and_taken_for_everybody_else() -> None:
    told = {"DUBAN_PORT": str(unused_port())}
    with take(told) as kept:
        assert kept.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN) == 1
        assert kept.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT) == 0
        with pytest.raises(NotStarted, match="is taken"):
            take(told)


def test_no_way_of_starting_gives_each_process_a_socket_of_its_own() -> None:
    from portal.local import serving

    assert not getattr(serving, "reuse_port", False)
    shipped = [path for path in (CLONE / "deploy").rglob("*") if path.is_file()] + [CLONE / "docs" / "operations.md"]
    for path in shipped:
        assert "reuse-port" not in path.read_text(errors="ignore"), path
