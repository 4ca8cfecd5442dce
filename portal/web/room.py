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
TICK = 0.1  # seconds
AT_WORK = 0.05  # of the time: a machine that is busy with others leaves it no more
READING = frozenset({"GET", "HEAD", "OPTIONS"})


class Crowded(Exception):
    """There is no place for this request, and none is about to be free."""


class Room:
    """So many places."""

    def __init__(self, places: int, stuck: float = STUCK) -> None:
        self._free, self._stuck = places, stuck
        self._turn = Condition()
        self._moved()

    def enter(self) -> None:
        """Take a place, as soon as one is free; raises Crowded where nobody moves."""
        with self._turn:
            while self._free == 0:
                self._look()
                if self._idle >= self._stuck:
                    raise Crowded
                self._turn.wait(TICK)
            self._free -= 1
            self._moved()

    def leave(self) -> None:
        """Give it back."""
        with self._turn:
            self._free += 1
            self._moved()
            self._turn.notify()

    def _moved(self) -> None:
        self._idle, self._seen, self._worked = 0.0, monotonic(), process_time()

    def _look(self) -> None:
        """Time in which the process has done next to nothing was spent waiting."""
        now, worked = monotonic(), process_time()
        if worked - self._worked < (now - self._seen) * AT_WORK:
            self._idle += now - self._seen
        self._seen, self._worked = now, worked


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
