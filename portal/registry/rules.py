"""The rules that a city sets for itself in versions: each set of them has a name, under which its versions are kept."""

from __future__ import annotations

from typing import Protocol

from flask_babel import LazyString

from portal.registry.registered import ByName

MOST_NAME = 24  # letters: with the number of a version it stands in the journal


class Rules(Protocol):
    """One set of rules, as far as words go; `bylaws.bylaw` knows the rest. `order`: its place on the page of all."""

    @property
    def name(self) -> str: ...

    @property
    def title(self) -> LazyString: ...

    @property
    def source(self) -> LazyString:
        """What its default follows."""

    @property
    def order(self) -> int: ...

    def fault(self) -> str | None:
        """What is wrong with it by itself, for the sentence that refuses the start."""


RULES: ByName[Rules] = ByName("set of rules", order=lambda rules: rules.order, fault=lambda rules: rules.fault())
