"""`make bench`: the same pages with 1,000, 10,000 and 100,000 matters (FULL=1: 1,000,000 too), for four readers.

What is measured is printed, with its target beside it; what is missed is printed as missed. It never fails for being
slow. BENCH_SIZES=1000,5000 measures other sizes. BENCH_ONLY=network measures the tree of units alone, BENCH_ONLY=matters
everything else.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from dataclasses import dataclass, field
from urllib.parse import urlencode
from uuid import uuid4

from bench import data, network, tree
from bench.browser import Ask, Browser, Result, one_by_one, sign_in, together
from bench.place import THREADS, WORKERS, Ground, Web
from bench.statements import Counted
from portal.kernel import clock
from portal.local.processes import NotStarted
from portal.vault import box

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
    """One size: results by reader and page, statements the same, and memory."""

    size: int
    results: dict[tuple[str, str], Result] = field(default_factory=dict)
    statements: dict[tuple[str, str], int] = field(default_factory=dict)
    memory: float = 0.0


class Bench:
    """One run."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        box.configure(ground.place.vault_key)
        self.connection = ground.administrator()
        self.city_id, self.network = network.found(self.connection)
        self.maker = data.Maker(self.network)
        self.measured: list[Measured] = []

    def measure(self, size: int) -> Measured:
        """Load up to this size, start the servers anew, and ask."""
        begun = time.monotonic()
        data.load(self.connection, self.maker, size)
        print(f"\n{size:,} matters (loaded in {time.monotonic() - begun:.0f} s)", flush=True)
        portal = self.ground.serve("wsgi:app")
        bare = self.ground.serve("bench.bare:app", BENCH_CITY=str(self.city_id))
        measured = Measured(size)
        for reader, (_person, name) in self.network.readers.items():
            self._measure_reader(measured, reader, name, portal, bare)
        measured.memory = portal.memory()
        self._count(measured, portal.port)
        self.ground.end(portal)
        self.ground.end(bare)
        _print_size(measured)
        self.measured.append(measured)
        return measured

    def _asks(self, reader: str, port: int, token: str = "") -> dict[str, Ask]:
        here = f"/{network.SLUG}"
        found = 404 if reader == "nobody" else 200
        asks = {
            "desk": Ask(port, f"{here}/", 200),
            "list": Ask(port, f"{here}/instructions", 200),
            "matter": Ask(port, f"{here}/matters/{self.maker.shown}", found),
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

    def _measure_reader(self, measured: Measured, reader: str, name: str, portal: Web, bare: Web) -> None:
        cookies = sign_in(portal.port, name)
        token = ""
        if "create" in self._asks(reader, portal.port):
            token = Browser(portal.port, cookies).token(f"/{network.SLUG}/instructions/register")
        asks = self._asks(reader, portal.port, token) | {BARE: Ask(bare.port, "/list", 200)}
        results = {page: Result() for page in asks}
        for ask in asks.values():
            together(ask, cookies, Result(), CONNECTIONS, 2 * WORKERS * THREADS, 1.0)  # warm: nearly every thread connects once
        for _round in range(ROUNDS):
            for page, ask in asks.items():
                one_by_one(ask, cookies, results[page], ALONE, SECONDS_ALONE)
            for page, ask in asks.items():
                together(ask, cookies, results[page], CONNECTIONS, TOGETHER, SECONDS_TOGETHER)
        measured.results |= {(reader, page): result for page, result in results.items()}

    def _count(self, measured: Measured, port: int) -> None:
        counted = Counted(self.ground.environment)
        for reader, (_person, name) in self.network.readers.items():
            client = counted.browser(name)
            for page, ask in self._asks(reader, port).items():
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
    print(f"memory of {WORKERS} workers (PSS): {measured.memory:.0f} MiB; "
          f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors", flush=True)


def _say(what: str, value: str, target: str, met: bool) -> None:
    print(f"{what:44} {value:>10}   {target:24} {'met' if met else 'MISSED'}")


def _print_targets(measured: list[Measured]) -> None:
    first, last = measured[0], measured[-1]
    print(f"\n{first.size:,} → {last.size:,} matters; p50 at 1 connection, requests/s at {CONNECTIONS} connections\n")
    for (reader, page), result in last.results.items():
        if page == BARE:
            continue
        growth = result.p50 / first.results[reader, page].p50
        sound = not result.strange and not first.results[reader, page].strange
        _say(f"growth, {page} of {reader}", f"{growth:.2f}", f"≤ {MOST_GROWTH} (aim {AIM_GROWTH})",
             sound and growth <= MOST_GROWTH)
    for reader in dict.fromkeys(reader for reader, _page in last.results):
        share = last.results[reader, "list"].rate / last.results[reader, BARE].rate
        sound = not last.results[reader, "list"].strange
        _say(f"list against the bare list, {reader}", f"{share:.2f}", f"≥ {LEAST_SHARE:.2f} (aim {AIM_SHARE})",
             sound and share >= LEAST_SHARE)
    for page in PAGES:
        counts = [count for one in measured for (_r, p), count in one.statements.items() if p == page]
        _say(f"statements, {page}", str(max(counts)), f"≤ {MOST_STATEMENTS} (aim {AIM_STATEMENTS})",
             max(counts) <= MOST_STATEMENTS)
    memory = max(one.memory for one in measured)
    _say(f"memory of {WORKERS} workers (PSS)", f"{memory:.0f} MiB", f"≤ {MOST_MEMORY:.0f} MiB", memory <= MOST_MEMORY)


def _matters(ground: Ground, sizes: list[int]) -> None:
    bench = Bench(ground)
    for size in sizes:
        bench.measure(size)
    bench.connection.close()
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
    parts = [part for name, part in (("matters", lambda ground: _matters(ground, sizes)), ("network", tree.run))
             if only in ("", name)]
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
    print(f"\n{time.monotonic() - begun:.0f} s in all")
    return 0


if __name__ == "__main__":
    sys.exit(main())
