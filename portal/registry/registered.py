"""What the features have registered, as the floors below read it: lists that are filled once, at start.

Nothing is replaced silently: a row that lacks something, or says what another has said already, is refused with a sentence
that names the row and its feature.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Generic, Protocol, TypeVar


class Unregistrable(ValueError):
    """A registration is incomplete, or says what another has said already; the portal does not start."""


class Row(Protocol):
    """What is registered under a name of its own."""

    @property
    def name(self) -> str: ...


T = TypeVar("T")
R = TypeVar("R", bound=Row)


class Registered(Generic[T]):
    """All that was registered of one sort. `what`: one of them, in words; `order`: where each stands among all, else, and
    where two say the same, the order of the features counts."""

    def __init__(self, what: str, *, order: Callable[[T], int] = lambda _row: 0) -> None:
        self.what = what
        self._order = order
        self._all: tuple[T, ...] | None = None

    def fill(self, given: Iterable[tuple[str, T]]) -> None:
        """Take what all the features give, each with its feature's name. Raises as `judged` and what it returns do."""
        self.judged(given)()

    def judged(self, given: Iterable[tuple[str, T]]) -> Callable[[], None]:
        """What fills the list, for when all other lists could be filled too. Raises Unregistrable where a row cannot stand,
        and, when it is called, RuntimeError where the list was filled before."""
        rows = tuple(given)
        self.judge(rows)

        def fill() -> None:
            if self._all is not None:
                raise RuntimeError(f"every {self.what} was handed down already")
            self._all = tuple(sorted((row for _feature, row in rows), key=self._order))

        return fill

    def judge(self, given: tuple[tuple[str, T], ...]) -> None:
        """Raise Unregistrable for what is given twice."""
        owners: list[tuple[T, str]] = []
        for feature, row in given:
            for other, owner in owners:
                if other == row:
                    raise Unregistrable(f"{feature}: a {self.what} is registered by {owner} already: {row}")
            owners.append((row, feature))

    def __iter__(self) -> Iterator[T]:
        """Raises RuntimeError before the features were put together."""
        if self._all is None:
            raise RuntimeError(f"no {self.what} is known before the features are put together")
        return iter(self._all)


class ByName(Registered[R]):
    """Rows that are asked for by their names. `fault`: what is wrong with a row by itself, as the end of a sentence."""

    def __init__(
        self, what: str, *, order: Callable[[R], int] = lambda _row: 0, fault: Callable[[R], str | None] = lambda _row: None
    ) -> None:
        super().__init__(what, order=order)
        self._fault = fault
        self._by_name: dict[str, R] | None = None

    def judge(self, given: tuple[tuple[str, R], ...]) -> None:
        """Raise Unregistrable for a row that lacks something, and for a name that was given before."""
        owners: dict[str, str] = {}
        for feature, row in given:
            if not row.name:
                raise Unregistrable(f"{feature}: a {self.what} has no name: {row}")
            if (fault := self._fault(row)) is not None:
                raise Unregistrable(f"{feature}: the {self.what} {row.name} {fault}")
            if row.name in owners:
                raise Unregistrable(f"{feature}: the {self.what} {row.name} is registered by {owners[row.name]} already")
            owners[row.name] = feature

    def __getitem__(self, name: str) -> R:
        """Raises KeyError for a name that nobody registered."""
        return self._rows[name]

    def get(self, name: str) -> R | None:
        """The row of this name, if anybody registered it."""
        return self._rows.get(name)

    @property
    def names(self) -> tuple[str, ...]:
        """All names, in the order of the rows."""
        return tuple(self._rows)

    def __contains__(self, name: object) -> bool:
        return name in self._rows

    @property
    def _rows(self) -> dict[str, R]:
        if self._by_name is None:
            self._by_name = {row.name: row for row in self}
        return self._by_name
