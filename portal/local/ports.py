"""The port the portal serves on: the one DUBAN_PORT names and no other, or else the first free one from 8000 on."""

from __future__ import annotations

import socket
from collections.abc import Mapping

from portal.local.processes import NotStarted

FIRST = 8000
TRIED = 200
WAITING = 2048  # connections that may wait to be taken, as gunicorn has it


def take(environment: Mapping[str, str]) -> socket.socket:
    """Keeps the port for us, by the one listening socket that every web server of ours is handed; refuses where the named
    one is taken."""
    named = environment.get("DUBAN_PORT")
    if not named:
        return free_port(FIRST)
    if not (named.isascii() and named.isdigit() and 0 < int(named) < 65536):
        raise NotStarted(f"DUBAN_PORT is the number of a port, 1 to 65535; it says {named!r}.")
    kept = _keep(int(named))
    if kept is None:
        raise NotStarted(
            f"Port {named} of 127.0.0.1, which DUBAN_PORT names, is taken or not for this user. End who serves there, "
            f"name another, or leave DUBAN_PORT out: then it is the first free one from {FIRST} on."
        )
    return kept


def free_port(first: int) -> socket.socket:
    """The first free port of 127.0.0.1 from `first` on, kept for us."""
    for port in range(first, min(first + TRIED, 65536)):
        kept = _keep(port)
        if kept is not None:
            return kept
    raise NotStarted(f"No free port on 127.0.0.1 from {first} on.")


def _keep(port: int) -> socket.socket | None:
    kept = socket.socket()
    kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # what an earlier start has closed just now may linger
    try:
        kept.bind(("127.0.0.1", port))
        kept.listen(WAITING)  # at once: until somebody listens, a second portal could bind it too
    except OSError:
        kept.close()
        return None
    return kept
