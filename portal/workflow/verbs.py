"""A verb of the office is a row: who may do it, in which states, on what conditions, to what end, and who is told. The engine
does what the rows say; the buttons, the pages and the words in 办理经过 and the journal come from them too.

A field holds a constant or a named function, never logic of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Generic, TypeVar
from uuid import UUID, uuid4

from flask_babel import LazyString

from portal.access.actor import Actor, Standing
from portal.registry.acts import Act
from portal.workflow.forms import ActForm

R = TypeVar("R")
"""The record as its reader sees it."""
W = TypeVar("W")
"""Its content, whole, whoever acts; never shown."""
G = TypeVar("G")
"""What is given with the act: what the form makes, or whoever calls."""
R_contra = TypeVar("R_contra", contravariant=True)
G_contra = TypeVar("G_contra", contravariant=True)


class ChainError(ValueError):
    """The verbs of a kind contradict each other."""


class Offered(StrEnum):
    """How a verb that its reader may do now stands on the page: as what it is their turn to do, beside the others, or not."""

    TURN = "turn"
    OPEN = "open"
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What every act may be given: words, which stand in 办理经过."""

    words: str | None = None


@dataclass(slots=True)
class Doing(Generic[R, W, G]):
    """One act while it is done, on a record that was in the state `former`. `called`: what it is in 办理经过 and the journal,
    where that is not the verb's own name; `words` and `facts` of its entry, with `marks`, further columns of it; `earlier` and
    `further` entries of the same act; `after`, the facts that the journal keeps; `blanks` of what people are told. `result` is
    what the work made, for whoever called it."""

    verb: Verb[R, W, G]
    actor: Actor
    standing: Standing
    record: R
    whole: W
    given: G
    former: StrEnum
    called: str
    words: str | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    marks: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    earlier: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    further: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    blanks: dict[str, Any] = field(default_factory=dict)
    result: Any = None
    id: UUID = field(default_factory=uuid4)

    @property
    def key(self) -> str:
        """What the act's messages are known by."""
        return f"act:{self.id}"

    @property
    def person_id(self) -> int:
        """Who does it."""
        return self.actor.person_id


@dataclass(frozen=True, slots=True)
class Tell(Generic[R, W, G]):
    """A kind of message and the persons whom it reaches; asked when all is done, it changes nothing. Of a verb's rows the first
    that names somebody is the one by which they are told; whoever acts is told nothing."""

    kind: str
    whom: Callable[[Doing[R, W, G]], Iterable[int | None]]


@dataclass(frozen=True, slots=True)
class Need(Generic[R_contra, G_contra]):
    """A condition: what stands in the way, in a sentence, or None. Before there is a form, `given` is None, and what only the form
    can meet stands in nobody's way; raises Invalid where the sentences belong beside the form's fields. `meant`: what is
    needed, for the permission document."""

    judge: Callable[[R_contra, G_contra | None], str | None]
    meant: LazyString

    def __call__(self, record: R_contra, given: G_contra | None) -> str | None:
        return self.judge(record, given)


def need(meant: LazyString) -> Callable[[Callable[[R_contra, G_contra | None], str | None]], Need[R_contra, G_contra]]:
    """Make a condition of the function that judges it."""
    return lambda judge: Need(judge, meant)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb(Generic[R, W, G]):
    """`name` is the word in the journal, in 办理经过 and in the address. It takes a record from a state of `from_` to `to` (None:
    stays; or which from which) where `act` is permitted and every condition of `needs` is met; `unfit` is said of another state.
    `label` is on the button, `said` is what its doer is told afterwards. Then its `work` is done; before it the clocks of
    `stops` stop, and whoever reads a confidential record for one of the causes of `shuts` reads it no longer. `dated`: its bare
    date is a fact of the shell, `office`: with the office that acted. `form` makes what is given (None: a bare button, or a
    page of its own)."""

    name: str
    act: Act
    from_: frozenset[StrEnum]
    to: StrEnum | Mapping[StrEnum, StrEnum] | None = None
    label: LazyString | None = None
    said: LazyString | None = None
    unfit: LazyString | None = None
    needs: tuple[Need[R, G], ...] = ()
    stops: tuple[str, ...] = ()
    shuts: tuple[str, ...] = ()
    work: Callable[[Doing[R, W, G]], None] | None = None
    tells: tuple[Tell[R, W, G], ...] = ()
    dated: bool = False
    office: bool = False
    form: type[ActForm] | None = None
    offered: Offered | Callable[[R, Actor], Offered] = Offered.OPEN

    def target(self, state: StrEnum) -> StrEnum:
        """Where it takes a record that is in this state."""
        if isinstance(self.to, Mapping):
            return self.to.get(state, state)
        return state if self.to is None else self.to

    def stands(self, record: R, actor: Actor) -> Offered:
        """How it stands on the page of this record, for whom it is an act at all."""
        return self.offered if isinstance(self.offered, Offered) else self.offered(record, actor)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link(Generic[R]):
    """A button that leads to a page of its own, for whoever may do `act` there, beside the verbs; `bare`, it posts."""

    endpoint: str
    act: Act
    label: LazyString
    from_: frozenset[StrEnum]
    bare: bool = False
    offered: Offered | Callable[[R, Actor], Offered] = Offered.OPEN

    def stands(self, record: R, actor: Actor) -> Offered:
        """How it stands on the page of this record."""
        return self.offered if isinstance(self.offered, Offered) else self.offered(record, actor)


def refuse_contradictions(kind: str, verbs: Iterable[Verb[Any, Any, Any]], start: StrEnum, ends: frozenset[StrEnum]) -> None:
    """Raise ChainError where two verbs have one name, a state cannot be reached, has no way out, or an end has one."""
    verbs = tuple(verbs)
    if twice := [name for name, n in Counter(verb.name for verb in verbs).items() if n > 1]:
        raise ChainError(f"{kind}: two verbs called {twice}")
    ways = {(state, verb.target(state)) for verb in verbs for state in verb.from_}
    reached, frontier = {start}, [start]
    while frontier:
        here = frontier.pop()
        new = {there for state, there in ways if state == here} - reached
        reached |= new
        frontier += new
    states = {start, *ends} | {state for way in ways for state in way}
    if unreachable := states - reached:
        raise ChainError(f"{kind}: cannot reach {sorted(unreachable)}")
    left = {state for state, there in ways if there != state}
    if stuck := states - left - ends:
        raise ChainError(f"{kind}: no way out of {sorted(stuck)}")
    if alive := left & ends:
        raise ChainError(f"{kind}: {sorted(alive)} is an end, yet has a way out")
