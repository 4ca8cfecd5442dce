"""What a floor asks of the features above it, which it does not know: when something of its own begins, changes, is shown, or is
about to be given. Each is asked, in the order of the features; none takes another's place.

The letters stand for what this floor cannot name: who acts (A), the standing that they act by (S), a unit (U), a post (P), what
was passed on (T) and its line in the list of a handover (L), a calendar (C) and what moves with it (M).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Generic, Never, TypeVar
from uuid import UUID

from portal.registry.registered import Registered

A = TypeVar("A", contravariant=True)
S = TypeVar("S", contravariant=True)
U = TypeVar("U", contravariant=True)
P = TypeVar("P", contravariant=True)
T = TypeVar("T", covariant=True)
L = TypeVar("L", covariant=True)
C = TypeVar("C", contravariant=True)
M = TypeVar("M", covariant=True)


@dataclass(frozen=True, slots=True)
class OnUnitChange(Generic[A, S, U]):
    """When the tree changes. `follow(actor, standing, former, heir)`: all open business of one unit goes on with another;
    `moved(unit_ids)`: these units stand elsewhere now; `seats(unit_ids)`: the seats (unit, role) of these units that
    something which runs still needs: confidential things are left out, because a refusal would tell of them."""

    follow: Callable[[A, S, U, U], None]
    moved: Callable[[Collection[int]], None]
    seats: Callable[[Collection[int]], Collection[tuple[int, str]]]


@dataclass(frozen=True, slots=True)
class OnPostEnd(Generic[A, S, P, T, L]):
    """When a post has ended. `pass_on(actor, standing, post)` passes on what waited for its holder, and lists it;
    `lines(reader, handover_id)` are a handover's items, those that the reader may see."""

    pass_on: Callable[[A, S, P], Sequence[T]]
    lines: Callable[[A, int], Sequence[L]]


@dataclass(frozen=True, slots=True)
class OnCalendarChange(Generic[A, C, M]):
    """When the city's working days change. `follow(calendar, days)`: by this calendar these days are worked otherwise than
    before, and what hangs on them moves; `would_move(reader, calendar)`: what of it the reader sees."""

    follow: Callable[[C, Collection[date]], None]
    would_move: Callable[[A, C], Sequence[M]]


ON_UNIT_CHANGE: Registered[OnUnitChange[Never, Never, Never]] = Registered("follower of changes of the tree")
OPEN_IN_UNIT: Registered[Callable[[Never, int, int], Sequence[object]]] = Registered("list of what is open in a unit")
ON_POST_END: Registered[OnPostEnd[Never, Never, Never, object, object]] = Registered("follower of ended posts")
ON_CALENDAR_CHANGE: Registered[OnCalendarChange[Never, Never, object]] = Registered("follower of changes of the calendar")
ON_LENDING_END: Registered[Callable[[Collection[int]], None]] = Registered("follower of ended delegations")
LADDERS: Registered[Callable[[int, UUID, Collection[str]], object | None]] = Registered("resolver of the ladder")
ON_SHIFT: Registered[Callable[[Never], object]] = Registered("answer to who is on shift")
BEFORE_NUMBER: Registered[Callable[[], None]] = Registered("guard of numbers")
AT_START: Registered[Callable[[], None]] = Registered("part of the start")
