"""What is done again and again for each city, without anybody asking: the parts of a sweep, in a declared order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from portal.registry.registered import Registered


@dataclass(frozen=True, slots=True)
class Sweep:
    """One part of a sweep, committed by itself; what it does not finish the next sweep does. `order`: its place among all
    parts; `sends`: something leaves the house, so it waits while a restored database is held."""

    order: int = field(compare=False)
    part: Callable[[], object]
    sends: bool = field(default=False, compare=False)

    def __str__(self) -> str:
        return str(getattr(self.part, "__name__", self.part))


SWEEPS: Registered[Sweep] = Registered("part of the sweep", order=lambda sweep: sweep.order)
