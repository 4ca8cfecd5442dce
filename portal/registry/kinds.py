"""The kinds of record: what every floor asks of a record without knowing of which kind it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flask_babel import LazyString

from portal.registry.registered import ByName


@dataclass(frozen=True, slots=True)
class Kind:
    """`name`: as records carry it; `page`: the endpoint that a record of the kind opens at, whoever leads there, and its
    `argument` that is the record's id; `buttons`: the verbs and links that its page offers, in their order, as `workflow` knows
    them. A floor that keeps several kinds says more of each in a class of its own."""

    name: str
    page: str
    argument: str
    buttons: tuple[object, ...] = ()

    def fault(self) -> str | None:
        """What is wrong with it by itself, for the sentence that refuses the start."""
        return None

    def words(self) -> Iterator[tuple[str, LazyString]]:
        """All that it says on screen, each with what it is."""
        yield from ()

    def leads(self) -> Iterator[str]:
        """The endpoints of all the pages that it leads to."""
        yield self.page

    def marks(self) -> Iterator[str]:
        """What stands behind the unit's mark in the numbers of its records, so that no two kinds count alike."""
        yield from ()


KINDS: ByName[Kind] = ByName("kind of record", fault=lambda kind: kind.fault())


@dataclass(frozen=True, slots=True)
class Mark:
    """`name`: the mark, which stands behind the unit's in numbers of one kind alone."""

    name: str


MARKS: ByName[Mark] = ByName("mark of numbers")
