"""`make bench`: the same pages with 1,000, 10,000 and 100,000 matters (FULL=1: 1,000,000 too), for four readers.

What is measured is printed, with its target beside it; what is missed is printed as missed. It never fails for being
slow. BENCH_SIZES=1000,5000 measures other sizes. BENCH_ONLY=network measures the tree of units alone, BENCH_ONLY=start the
starts from a clean clone, BENCH_ONLY=matters everything else.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from dataclasses import dataclass, field
from urllib.parse import urlencode
from uuid import uuid4

from bench import data, network, start, tree
from bench.browser import Ask, Browser, Result, one_by_one, sign_in, together
from bench.place import THREADS, WORKERS, Ground, Web
from bench.statements import Counted
from portal.kernel import clock
from portal.local.processes import NotStarted
from portal.vault import encryption

ROUNDS = 3  # pages and the bare page take turns, so that what else the machine does hits all of them
ALONE, SECONDS_ALONE = 40, 0.5
TOGETHER, SECONDS_TOGETHER, CONNECTIONS = 70, 0.8, 8
PAGES = ("desk", "list", "matter", "create")
BARE = "bare list"
MOST_GROWTH, AIM_GROWTH = 1.5, 1.2
MOST_STATEMENTS, AIM_STATEMENTS = 8, 5
LEAST_SHARE, AIM_SHARE = 1 / 3, 1 / 2
MOST_MEMORY = 220.0  # MiB, of both workers


@dataclass
class Measured:
    """One size: results by reader and page, those of the smallest size in the same rounds, statements, and memory."""

    size: int
    results: dict[tuple[str, str], Result] = field(default_factory=dict)
    beside: dict[tuple[str, str], Result] = field(default_factory=dict)
    statements: dict[tuple[str, str], int] = field(default_factory=dict)
    memory: float = 0.0


class Town:
    """A database of its own with the bench's city, loaded up to some size."""

    def __init__(self, ground: Ground, name: str) -> None:
        self.environment, self.connection = ground.database(name)
        self.city_id, self.network = network.found(self.connection)
        self.maker = data.Maker(self.network)
        self.environment["BENCH_CITY"] = str(self.city_id)

    def load(self, size: int) -> None:
        """Brings it to that many matters."""
        data.load(self.connection, self.maker, size)


class Bench:
    """One run. The smallest size keeps a database of its own, which is measured in turns with every larger one: growth is
    what the pages cost more, whatever else the machine does meanwhile."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        encryption.configure(ground.place.vault_key)
        self.small, self.large = Town(ground, "bench_small"), Town(ground, "bench_large")
        self.measured: list[Measured] = []

    def measure(self, size: int) -> Measured:
        """Load up to this size, start the servers anew, and ask."""
        begun = time.monotonic()
        first = not self.measured
        town = self.small if first else self.large
        town.load(size)
        print(f"\n{size:,} matters (loaded in {time.monotonic() - begun:.0f} s)", flush=True)
        portal = self.ground.serve("wsgi:app", town.environment)
        bare = self.ground.serve("bench.bare:app", town.environment)
        small = None if first else self.ground.serve("wsgi:app", self.small.environment)
        measured = Measured(size)
        for reader in town.network.readers:
            self._measure_reader(measured, reader, town, portal, bare, small)
        measured.memory = portal.memory()
        self._count(measured, town, portal.port)
        for web in filter(None, (portal, bare, small)):
            self.ground.end(web)
        _print_size(measured)
        self.measured.append(measured)
        return measured

    def _asks(self, town: Town, reader: str, port: int, token: str = "") -> dict[str, Ask]:
        here = f"/{network.SLUG}"
        found = 404 if reader == "nobody" else 200
        asks = {
            "desk": Ask(port, f"{here}/", 200),
            "list": Ask(port, f"{here}/instructions", 200),
            "matter": Ask(port, f"{here}/matters/{town.maker.shown}", found),
        }
        if reader in ("county office", "city office"):
            asks["create"] = Ask(port, f"{here}/instructions/register", 303, lambda: self._registration(token))
        return asks

    def _registration(self, token: str) -> str:
        today = clock.today().isoformat()
        return urlencode({
            "csrf_token": token, "request_key": str(uuid4()), "source_level": "county", "leader": "张副书记",
            "leader_post": "", "instructed_on": today, "received_on": today, "text": "请认真研究，限期报结。",
            "title": f"关于测量的情况反映 {uuid4().hex[:8]}", "document_number": "", "urgency": "normal", "lead_unit": "",
            "co_units": "", "requirement": "按期报结",
        })  # fmt: skip

    def _visitor(self, town: Town, reader: str, port: int) -> tuple[dict[str, Ask], dict[str, str]]:
        """What this reader asks there, and his cookies."""
        cookies = sign_in(port, town.network.readers[reader][1])
        token = ""
        if "create" in self._asks(town, reader, port):
            token = Browser(port, cookies).token(f"/{network.SLUG}/")
        return self._asks(town, reader, port, token), cookies

    def _measure_reader(self, measured: Measured, reader: str, town: Town, portal: Web, bare: Web, small: Web | None) -> None:
        asks, cookies = self._visitor(town, reader, portal.port)
        turns = [(ask, cookies, measured.results.setdefault((reader, page), Result())) for page, ask in asks.items()]
        turns.append((Ask(bare.port, "/list", 200), cookies, measured.results.setdefault((reader, BARE), Result())))
        if small is not None:
            beside, their_cookies = self._visitor(self.small, reader, small.port)
            turns += [(ask, their_cookies, measured.beside.setdefault((reader, page), Result())) for page, ask in beside.items()]
        for ask, jar, _result in turns:
            together(ask, jar, Result(), CONNECTIONS, 2 * WORKERS * THREADS, 1.0)  # warm: nearly every thread connects once
        for _round in range(ROUNDS):
            for ask, jar, result in turns:
                one_by_one(ask, jar, result, ALONE, SECONDS_ALONE)
            for ask, jar, result in turns:
                together(ask, jar, result, CONNECTIONS, TOGETHER, SECONDS_TOGETHER)

    def _count(self, measured: Measured, town: Town, port: int) -> None:
        counted = Counted(town.environment)
        for reader, (_person, name) in town.network.readers.items():
            client = counted.browser(name)
            for page, ask in self._asks(town, reader, port).items():
                measured.statements[reader, page] = counted.count(client, ask)
                if os.environ.get("BENCH_SHOW") == f"{reader}:{page}":
                    for statement, parameters in counted.seen:
                        print(statement, parameters, "", sep="\n")
        counted.close()


def _print_size(measured: Measured) -> None:
    print(f"{'reader':14} {'page':10} {'p50 ms':>8} {'req/s':>8} {'statements':>11}")
    for (reader, page), result in measured.results.items():
        count = measured.statements.get((reader, page))
        strange = f"   answered {result.strange}" if result.strange else ""
        print(f"{reader:14} {page:10} {result.p50:8.1f} {result.rate:8.0f} {count if count is not None else '':>11}{strange}")
    print(
        f"memory of {WORKERS} workers (PSS): {measured.memory:.0f} MiB; "
        f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors",
        flush=True,
    )


def _say(what: str, value: str, target: str, met: bool) -> None:
    print(f"{what:44} {value:>10}   {target:24} {'met' if met else 'MISSED'}")


def _print_targets(measured: list[Measured]) -> None:
    first, last = measured[0], measured[-1]
    print(f"\n{first.size:,} → {last.size:,} matters; p50 at 1 connection, requests/s at {CONNECTIONS} connections\n")
    for (reader, page), result in last.results.items():
        if page == BARE:
            continue
        former = last.beside.get((reader, page), result)
        growth = result.p50 / former.p50
        sound = not result.strange and not former.strange
        _say(f"growth, {page} of {reader}", f"{growth:.2f}", f"≤ {MOST_GROWTH} (aim {AIM_GROWTH})", sound and growth <= MOST_GROWTH)
    for reader in dict.fromkeys(reader for reader, _page in last.results):
        share = last.results[reader, "list"].rate / last.results[reader, BARE].rate
        sound = not last.results[reader, "list"].strange
        _say(
            f"list against the bare list, {reader}",
            f"{share:.2f}",
            f"≥ {LEAST_SHARE:.2f} (aim {AIM_SHARE})",
            sound and share >= LEAST_SHARE,
        )
    for page in PAGES:
        counts = [count for one in measured for (_r, p), count in one.statements.items() if p == page]
        _say(f"statements, {page}", str(max(counts)), f"≤ {MOST_STATEMENTS} (aim {AIM_STATEMENTS})", max(counts) <= MOST_STATEMENTS)
    memory = max(one.memory for one in measured)
    _say(f"memory of {WORKERS} workers (PSS)", f"{memory:.0f} MiB", f"≤ {MOST_MEMORY:.0f} MiB", memory <= MOST_MEMORY)


def _matters(ground: Ground, sizes: list[int]) -> None:
    bench = Bench(ground)
    for size in sizes:
        bench.measure(size)
    _print_targets(bench.measured)


def main() -> int:
    """Measures and prints."""
    sizes = [1_000, 10_000, 100_000] + ([1_000_000] if os.environ.get("FULL") == "1" else [])
    if os.environ.get("BENCH_SIZES"):
        sizes = [int(size) for size in os.environ["BENCH_SIZES"].split(",")]
    begun = time.monotonic()
    for number in (signal.SIGINT, signal.SIGTERM):  # else an end from outside would leave servers and directory behind
        signal.signal(number, lambda number, _frame: sys.exit(128 + number))
    only = os.environ.get("BENCH_ONLY", "")
    parts = [
        part for name, part in (("matters", lambda ground: _matters(ground, sizes)), ("network", tree.run)) if only in ("", name)
    ]
    for part in parts:  # each in a place of its own
        ground = Ground()
        try:
            ground.start()
            part(ground)
        except NotStarted as refusal:
            print(refusal, file=sys.stderr)
            return 1
        finally:
            ground.stop()
    if only in ("", "start"):
        try:
            start.run()
        except NotStarted as refusal:
            print(refusal, file=sys.stderr)
            return 1
    print(f"\n{time.monotonic() - begun:.0f} s in all")
    return 0


if __name__ == "__main__":
    sys.exit(main())
