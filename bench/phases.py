"""Where a page's milliseconds go, in this process: statements built, the database, the template, and the rest.

A statement is built from when it is asked for until its cursor runs; the database has it until the cursor is done, and the ends
of transactions. Each moment counts once, for what was begun last. The frame is what a refused page takes beside the database.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from flask.testing import FlaskClient
from jinja2 import Template
from sqlalchemy import event

from bench.browser import Ask
from bench.statements import Counted
from bench.targets import at_most
from bench.town import Town
from portal.app import preload
from portal.kernel.db import PortalSession, db

WARM, TIMES = 10, 60
BUILT, DATABASE, TEMPLATE, REST = "statements built", "database", "template", "rest"
PHASES = (BUILT, DATABASE, TEMPLATE, REST)
PROCESSOR = "processor"  # what of all this was spent in this process
READER, STRANGER = "county office", "nobody"
MOST_FRAME, AIM_FRAME = 3.0, 2.0  # milliseconds


class Stopwatch:
    """Seconds by phase since it began; what is entered stops what was running, until it is left."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """A page is asked for."""
        self.spent = dict.fromkeys(PHASES, 0.0)
        self.running = [REST]
        self.since = time.perf_counter()

    def enter(self, phase: str) -> None:
        """This begins."""
        self.note()
        self.running.append(phase)

    def leave(self) -> None:
        """What began last is over."""
        self.note()
        if len(self.running) > 1:
            self.running.pop()

    def note(self) -> None:
        """Writes down what runs up to now."""
        now = time.perf_counter()
        self.spent[self.running[-1]] += now - self.since
        self.since = now

    def asked(self, *_args: Any) -> None:
        """A statement is asked for."""
        if self.running[-1] != BUILT:
            self.enter(BUILT)

    def sent(self, *_args: Any) -> None:
        """It goes to the database."""
        if self.running[-1] == BUILT:
            self.leave()
        self.enter(DATABASE)

    def answered(self, *_args: Any) -> None:
        """The database is done."""
        self.leave()

    def around(self, phase: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The same function, timed."""

        def timed(*args: Any, **more: Any) -> Any:
            self.enter(phase)
            try:
                return function(*args, **more)
            finally:
                self.leave()

        return timed


@contextmanager
def _watched(counted: Counted) -> Iterator[Stopwatch]:
    watch = Stopwatch()
    with counted.app.app_context():
        engine = db.engine
    listened = [
        (PortalSession, "do_orm_execute", watch.asked), (engine, "before_execute", watch.asked),
        (engine, "before_cursor_execute", watch.sent), (engine, "after_cursor_execute", watch.answered),
    ]  # fmt: skip
    event.listen(PortalSession, "do_orm_execute", watch.asked, insert=True)
    for target, name, heard in listened[1:]:
        event.listen(target, name, heard)
    timed = [(engine.dialect, "do_rollback", DATABASE), (engine.dialect, "do_commit", DATABASE), (Template, "render", TEMPLATE)]
    before = [getattr(owner, name) for owner, name, _phase in timed]
    for (owner, name, phase), function in zip(timed, before, strict=True):
        setattr(owner, name, watch.around(phase, function))
    try:
        yield watch
    finally:
        for (owner, name, _phase), function in zip(timed, before, strict=True):
            setattr(owner, name, function)
        for target, name, heard in listened:
            event.remove(target, name, heard)


def _measure(watch: Stopwatch, client: FlaskClient, ask: Ask) -> dict[str, float]:
    """Medians in milliseconds by phase, of the whole, of the frame, and of the processor's time in this process."""
    taken: list[dict[str, float]] = []
    for turn in range(WARM + TIMES):
        processor = time.thread_time()
        watch.begin()
        status = client.get(ask.path).status_code
        watch.note()
        processor = time.thread_time() - processor
        if status != ask.expected:
            print(f"{ask.path} answered {status}")
        if turn >= WARM:
            whole = sum(watch.spent.values())
            frame = whole - watch.spent[DATABASE]
            taken.append(watch.spent | {"whole": whole, "frame": frame, PROCESSOR: processor})
    return {name: statistics.median(one[name] for one in taken) * 1000 for name in taken[0]}


def run(town: Town) -> None:
    """Measures and prints."""
    counted = Counted(town.environment)
    clients = {reader: counted.browser(town.network.readers[reader][1]) for reader in (READER, STRANGER)}
    preload(counted.app)  # as before it serves
    asks = {page: (READER, town.asks(READER)[page]) for page in ("desk", "list", "matter")}
    asks["refused"] = (STRANGER, town.asks(STRANGER)["matter"])
    print(f"\nmilliseconds in one process, median of {TIMES}; {READER}, refused: another's matter for {STRANGER}\n")
    print(f"{'page':10} {'whole':>8}" + "".join(f"{phase:>18}" for phase in (*PHASES, PROCESSOR)))
    with _watched(counted) as watch:
        for page, (reader, ask) in asks.items():
            took = _measure(watch, clients[reader], ask)
            line = "".join(f"{took[phase]:18.2f}" for phase in (*PHASES, PROCESSOR))
            print(f"{page:10} {took['whole']:8.2f}{line}", flush=True)
    counted.close()
    at_most("frame: a refused page beside the database", took["frame"], MOST_FRAME, AIM_FRAME, "ms")
