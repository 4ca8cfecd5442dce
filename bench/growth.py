"""What pages cost and how that grows: each page of each reader at several sizes, beside the floor, and its statements."""

from __future__ import annotations

import os
import pickle
from dataclasses import dataclass, field
from pathlib import Path

from bench import issuing
from bench.browser import Ask, Result, one_by_one, together
from bench.floor import Floor
from bench.place import THREADS, WORKERS, Ground, Web
from bench.statements import Counted
from bench.targets import at_least, at_most
from bench.town import Town

ROUNDS = 3  # pages and the floor take turns, so that what else the machine does hits all of them
ALONE, SECONDS_ALONE = 40, 0.5
TOGETHER, SECONDS_TOGETHER, CONNECTIONS = 70, 0.8, 8
FLOOR = "floor"
MOST_GROWTH, AIM_GROWTH = 1.2, 1.1
MOST_STATEMENTS = {"desk": 7, "list": 5, "matter": 6, "create": 8}
LEAST_SHARE, AIM_SHARE = 1 / 2, 2 / 3


@dataclass
class Measured:
    """One size: results by reader and page, those of the smallest size in the same rounds, statements, and memory."""

    size: int
    results: dict[tuple[str, str], Result] = field(default_factory=dict)
    beside: dict[tuple[str, str], Result] = field(default_factory=dict)
    statements: dict[tuple[str, str], int] = field(default_factory=dict)
    memory: float = 0.0


class Bench:
    """One run. The smallest size keeps a database of its own, which is measured in turns with every larger one: growth is
    what the pages cost more, whatever else the machine does meanwhile."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.small, self.large = Town(ground, "bench_small"), Town(ground, "bench_large")
        self.measured: list[Measured] = []

    def measure(self, size: int) -> Town:
        """Load up to this size, start the servers anew, and ask; the town that was measured."""
        first = not self.measured
        town = self.small if first else self.large
        town.load(size)
        measured = Measured(size)
        counted = Counted(town.environment)
        _count(measured, town, counted)
        floors = Path(self.ground.directory, "floors")
        floors.write_bytes(pickle.dumps({reader: _floor(town, counted, reader) for reader in town.network.readers}))
        counted.close()
        portal = self.ground.serve("wsgi:app", town.environment)
        floor = self.ground.serve("bench.floor:app", town.environment | {"BENCH_FLOORS": str(floors)})
        small = None if first else self.ground.serve("wsgi:app", self.small.environment)
        for reader in town.network.readers:
            self._measure_reader(measured, reader, town, portal, floor, small)
        measured.memory = portal.memory()
        for web in filter(None, (portal, floor, small)):
            self.ground.end(web)
        _print_size(measured)
        self.measured.append(measured)
        return town

    def _measure_reader(self, measured: Measured, reader: str, town: Town, portal: Web, floor: Web, small: Web | None) -> None:
        asks, cookies = town.visitor(reader, portal.port)
        turns = [(ask, cookies, measured.results.setdefault((reader, page), Result())) for page, ask in asks.items()]
        bare = Ask(floor.port, f"/{reader}".replace(" ", "%20"), 200)
        turns.append((bare, {}, measured.results.setdefault((reader, FLOOR), Result())))
        if small is not None:
            beside, their_cookies = self.small.visitor(reader, small.port)
            turns += [(ask, their_cookies, measured.beside.setdefault((reader, page), Result())) for page, ask in beside.items()]
        for ask, jar, _result in turns:
            together(ask, jar, Result(), CONNECTIONS, 2 * WORKERS * THREADS, 1.0)  # warm: nearly every thread connects once
        for _round in range(ROUNDS):
            for ask, jar, result in turns:
                one_by_one(ask, jar, result, ALONE, SECONDS_ALONE)
            for ask, jar, result in turns:
                together(ask, jar, result, CONNECTIONS, TOGETHER, SECONDS_TOGETHER)

    def print_targets(self) -> None:
        """Growth, the share of the floor's requests, and statements."""
        first, last = self.measured[0], self.measured[-1]
        print(f"\n{first.size:,} → {last.size:,} matters; p50 at 1 connection, requests/s at {CONNECTIONS} connections\n")
        for (reader, page), result in last.results.items():
            if page == FLOOR:
                continue
            former = last.beside.get((reader, page), result)
            sound = not result.strange and not former.strange
            at_most(f"growth, {page} of {reader}", result.p50 / former.p50, MOST_GROWTH, AIM_GROWTH, sound=sound)
        readers = list(dict.fromkeys(reader for reader, _page in last.results))
        for reader in readers:
            register, floor = last.results[reader, "list"], last.results[reader, FLOOR]
            sound = not register.strange and not floor.strange
            at_least(f"register ÷ floor, {reader}", register.rate / floor.rate, LEAST_SHARE, AIM_SHARE, sound=sound)
        for page, most in MOST_STATEMENTS.items():
            at_most(
                f"statements, {page}", max(n for one in self.measured for (_r, p), n in one.statements.items() if p == page), most
            )
        for reader in readers:
            if create := last.results.get((reader, "create")):
                share = last.results[reader, FLOOR].rate / create.rate
                print(f"create of {reader}: {create.rate:.0f} requests/s, p50 {create.p50:.1f} ms; floor ÷ create {share:.1f}")


def run(ground: Ground, sizes: list[int]) -> Town:
    """Measures every size and prints; the town of the last one."""
    bench = Bench(ground)
    for size in sizes:
        town = bench.measure(size)
    bench.print_targets()
    issuing.run(town)
    return town


def _count(measured: Measured, town: Town, counted: Counted) -> None:
    for reader, (_person, name) in town.network.readers.items():
        client = counted.browser(name)
        for page, ask in town.asks(reader).items():
            measured.statements[reader, page] = counted.count(client, ask)
            if os.environ.get("BENCH_SHOW") == f"{reader}:{page}":
                for statement, parameters in counted.seen:
                    print(statement, parameters, "", sep="\n")


def _floor(town: Town, counted: Counted, reader: str) -> Floor:
    """The list's own statement: the longest of those that a page without a list does not send."""
    client, asks = counted.browser(town.network.readers[reader][1]), town.asks(reader)
    counted.count(client, asks["matter"])
    every = {statement for statement, _parameters in counted.seen}
    counted.count(client, asks["list"])
    statement, parameters = max((one for one in counted.seen if one[0] not in every), key=lambda one: len(one[0]))
    return Floor(statement, parameters, len(client.get(asks["list"].path).data))


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
