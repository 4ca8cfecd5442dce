"""A transition is a row. A chain checks itself on import: no duplicate row, unreachable state, dead end, or way out of
an end."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum

from portal.registry.acts import Act


class ChainError(ValueError):
    """The table of moves contradicts itself."""


@dataclass(frozen=True, slots=True)
class Move:
    """`event` takes a record from `source` to `target` if `act` is permitted and every condition in `needs` is met.

    `needs` and `tells` name entries of the feature's own tables; `stops` the clocks that stop.
    """

    event: str
    source: StrEnum
    target: StrEnum
    act: Act
    needs: tuple[str, ...] = ()
    stops: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Chain:
    """All moves of one kind of record."""

    kind: str
    start: StrEnum
    ends: frozenset[StrEnum]
    moves: tuple[Move, ...]

    def __post_init__(self) -> None:
        twice = [key for key, n in Counter((m.event, m.source) for m in self.moves).items() if n > 1]
        if twice:
            raise ChainError(f"{self.kind}: two rows for {twice}")
        reached, frontier = {self.start}, [self.start]
        while frontier:
            here = frontier.pop()
            for move in self.moves:
                if move.source == here and move.target not in reached:
                    reached.add(move.target)
                    frontier.append(move.target)
        states = {self.start, *self.ends} | {state for m in self.moves for state in (m.source, m.target)}
        if unreachable := states - reached:
            raise ChainError(f"{self.kind}: cannot reach {sorted(unreachable)}")
        leaves = {m.source for m in self.moves}
        if stuck := states - leaves - self.ends:
            raise ChainError(f"{self.kind}: no way out of {sorted(stuck)}")
        if alive := leaves & self.ends:
            raise ChainError(f"{self.kind}: {sorted(alive)} is an end, yet has a row")

    def row(self, event: str, source: StrEnum) -> Move | None:
        """The row for this event in this state, if there is one."""
        return next((m for m in self.moves if m.event == event and m.source == source), None)

    def act_of(self, event: str) -> Act:
        """The act that this event is, from whatever state: one row speaks for all."""
        return next(m.act for m in self.moves if m.event == event)


def rows(event: str, sources: tuple[StrEnum, ...], target: StrEnum, act: Act, **rest: tuple[str, ...]) -> tuple[Move, ...]:
    """The same move out of several states."""
    return tuple(Move(event, source, target, act, **rest) for source in sources)


def stays(event: str, sources: tuple[StrEnum, ...], act: Act, **rest: tuple[str, ...]) -> tuple[Move, ...]:
    """An act that leaves the state as it is."""
    return tuple(Move(event, source, source, act, **rest) for source in sources)
