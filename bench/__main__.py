"""`make bench`: what the portal costs and carries, with 1,000, 10,000 and 100,000 matters (FULL=1: 1,000,000 too).

What is measured is printed, with its target beside it; what is missed is printed as missed. It never fails for being
slow, and it takes no more than two processors. BENCH_SIZES=1000,5000 measures other sizes; BENCH_ONLY measures one part alone:

- `matters`: pages of four readers as the register grows, beside the floor; statements; issuing a report
- `phases`: where the milliseconds of a page go
- `people`: how many people at once are answered in time (BENCH_PEOPLE=100,200 asks for other steps)
- `idle`: memory of all that `make run` starts
- `network`: the tree of units
- `start`: starts from a clean clone
"""

from __future__ import annotations

import os
import signal
import sys
import time

from bench import growth, idle, people, phases, start, tree
from bench.place import Ground
from bench.town import Town
from portal.local.processes import NotStarted

OF_MATTERS = ("matters", "phases", "people")


def _matters(ground: Ground, sizes: list[int], only: str) -> None:
    """What is measured in a town; all that is not growth, in the largest."""
    if only in ("", "matters"):
        town = growth.run(ground, sizes)
    else:
        town = Town(ground, "bench")
        town.load(sizes[-1])
    if only in ("", "phases"):
        phases.run(town)
    if only in ("", "people"):
        people.run(ground, town)


def main() -> int:
    """Measures and prints."""
    sizes = [1_000, 10_000, 100_000] + ([1_000_000] if os.environ.get("FULL") == "1" else [])
    if os.environ.get("BENCH_SIZES"):
        sizes = [int(size) for size in os.environ["BENCH_SIZES"].split(",")]
    begun = time.monotonic()
    for number in (signal.SIGINT, signal.SIGTERM):  # else an end from outside would leave servers and directory behind
        signal.signal(number, lambda number, _frame: sys.exit(128 + number))
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])  # of all that is started, too
    only = os.environ.get("BENCH_ONLY", "")
    try:
        if only in ("", *OF_MATTERS):
            with Ground() as ground:
                _matters(ground, sizes, only)
        if only in ("", "network"):
            with Ground() as ground:
                tree.run(ground)
        if only in ("", "idle"):
            idle.run()
        if only in ("", "start"):
            start.run()
    except NotStarted as refusal:
        print(refusal, file=sys.stderr)
        return 1
    print(f"\n{time.monotonic() - begun:.0f} s in all")
    return 0


if __name__ == "__main__":
    sys.exit(main())
