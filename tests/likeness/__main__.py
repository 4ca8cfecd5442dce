"""Plays the demonstration city on a fixed day, and says by name what differs from what was kept; KEEP=1 keeps it anew."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

import psycopg

from bench.place import Ground
from portal.app import check_ready, create_app
from portal.commands.demonstration.play import SLUG, play
from portal.config import Settings
from portal.kernel import clock
from portal.local.places import CLONE
from portal.notify.kinds import text_of
from tests.likeness import keeping
from tests.likeness.canon import Played
from tests.likeness.pages import PERSONS, pages_of
from tests.likeness.rows import items_of
from tests.likeness.schema import unnamed

MOMENT = clock.at(date(2026, 7, 15), 11)  # a Wednesday, eleven o'clock: when the city is looked at
KEPT = Path(__file__).parent / "kept" / "city.txt"
MADE = CLONE / ".make" / "likeness"
TEXTS, TEXTS_NOW, SAID = MADE / "kept.json.gz", MADE / "now.json.gz", MADE / "differences.txt"
MOST_SAID = 200  # lines on the screen; all of them are in SAID
PROCESSES = 2


def main() -> int:
    """Plays, gathers, compares."""
    logging.basicConfig(level=logging.WARNING)
    for number in (signal.SIGINT, signal.SIGTERM):  # else an end from outside would leave servers and directory behind
        signal.signal(number, lambda *_signal: sys.exit(130))
    say = Progress()
    ground = Ground()
    try:
        ground.start()
        environment, connection = ground.database("likeness")
        say("servers")
        items = gather(environment, connection, MOMENT, say)
    finally:
        ground.stop()
    return compare(items, say, keep=os.environ.get("KEEP") == "1")


def gather(
    environment: dict[str, str], connection: psycopg.Connection, moment: datetime, say: Callable[[str], Any]
) -> dict[str, dict[str, str]]:
    """Play the city up to this moment, and read all of it."""
    app = check_ready(create_app(Settings.from_environment(environment)))
    with app.app_context(), clock.set_to(moment), _surroundings(environment):
        play(say)
        say("played")
        played = Played(connection)
        if strange := unnamed(played.tables):
            raise SystemExit(
                f"Give these tables a name for their rows, or a reason: tests/likeness/tables.py: {', '.join(strange)}"
            )
        played.settle()
        items = dict(items_of(played, text_of))
    say(f"{len(items):,} rows")
    names = {table: {str(key): name for key, name in each.items()} for table, each in played.named().items()}
    samples = [str(played.id_of("matter", row)) for row in _samples(played)]
    with ProcessPoolExecutor(PROCESSES, mp_context=multiprocessing.get_context("spawn")) as pool:
        asked = [(one, pool.submit(pages_of, environment, SLUG, names, moment, one, samples)) for one in PERSONS]
        try:
            for one, answer in asked:
                pages = answer.result()
                items |= pages
                say(f"{len(pages):,} pages of {one}")
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return items


@contextmanager
def _surroundings(environment: dict[str, str]) -> Iterator[None]:
    """What plays in processes of its own finds this place by the environment."""
    former = dict(os.environ)
    os.environ.update(environment)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(former)


def _samples(played: Played) -> list[dict[str, Any]]:
    """The first matter by name that is one's own, forwarded, confidential, and open if any is: whose addresses all try."""
    first: dict[Any, dict[str, Any]] = {}
    rows = sorted(played.rows["matter"], key=lambda row: (row["state"] in ("closed", "withdrawn"), played.name("matter", row)))
    for row in rows:
        first.setdefault((row["confidential"], row["parent_id"] is None), row)
    return list(first.values())


def compare(items: dict[str, dict[str, str]], say: Callable[[str], Any], *, keep: bool) -> int:
    """Say what differs; 1 if anything does and it is not to be kept."""
    said = list(keeping.differences(keeping.read(KEPT), items, keeping.read_texts(TEXTS)))
    keeping.write_texts(TEXTS_NOW, items)
    SAID.write_text("".join(f"{line}\n" for line in said), encoding="utf-8")
    for line in said[:MOST_SAID]:
        print(line)
    if len(said) > MOST_SAID:
        print(f"… {len(said) - MOST_SAID:,} lines more in {SAID.relative_to(CLONE)}")
    count = sum(not line.startswith(" ") for line in said)
    if keep or not said:
        keeping.write_texts(TEXTS, items)
    if keep:
        keeping.write(KEPT, items)
    say(f"{len(items):,} items, {count:,} differ" + (", kept anew" if keep else ""))
    return 1 if said and not keep else 0


class Progress:
    """A line for each part, with the seconds since the beginning."""

    def __init__(self) -> None:
        self.begun = time.monotonic()

    def __call__(self, what: str) -> None:
        print(f"{time.monotonic() - self.begun:5.0f} s  {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
