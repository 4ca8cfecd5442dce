"""How many requests of one process may be under way at once, so that those which only wait never take its last thread.

Whoever writes waits for a lock where somebody else is at the same thing; who reads, where a table is being altered. As long
as one of them ends now and then the others queue; where none has moved for a second the next are refused at once, with what
they typed, and health, sign-in and reading go on beside them. A second in which the process itself had nothing to do: on a slow
machine it works longer before somebody goes, and nobody waits for anybody. Of the eight threads of `portal.local.serving`.
"""

from __future__ import annotations

from threading import Condition
from time import monotonic, process_time

from flask import Flask, g, request

from portal.web.cities import OUTSIDE

ALL, WRITING = 7, 5
STUCK = 1.0  # idle seconds in which nobody has come or gone
READING = frozenset({"GET", "HEAD", "OPTIONS"})


def _idle() -> float:
    """Seconds that this process has spent waiting, since no matter when."""
    return monotonic() - process_time()


class Crowded(Exception):
    """There is no place for this request, and none is about to be free."""


class Room:
    """So many places."""

    def __init__(self, places: int, stuck: float = STUCK) -> None:
        self._free, self._stuck, self._moved = places, stuck, _idle()
        self._turn = Condition()

    def enter(self) -> None:
        """Take a place, as soon as one is free; raises Crowded where nobody moves."""
        with self._turn:
            while self._free == 0:
                left = self._moved + self._stuck - _idle()
                if left <= 0:
                    raise Crowded
                self._turn.wait(left)
            self._free -= 1
            self._moved = _idle()

    def leave(self) -> None:
        """Give it back."""
        with self._turn:
            self._free += 1
            self._moved = _idle()
            self._turn.notify()


def install(app: Flask) -> None:
    """Keep the rooms; call first, so that nothing is done yet for whoever is refused."""
    everybody, writers = Room(ALL), Room(WRITING)

    @app.before_request
    def _enter() -> None:
        g.rooms = []
        if request.endpoint in OUTSIDE and request.endpoint != "front":
            return
        for room in (writers, everybody) if request.method not in READING else (everybody,):
            room.enter()
            g.rooms.append(room)

    @app.teardown_request
    def _leave(_fault: BaseException | None) -> None:
        for room in g.pop("rooms", ()):
            room.leave()
