"""The sign-off chains that papers go through, as the page of all rules shows them: what cannot be set."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import LazyString

from portal.registry.registered import ByName


@dataclass(frozen=True, slots=True)
class Chain:
    """What goes through it, and what is done in which seat, in order."""

    name: str
    label: LazyString
    steps: tuple[tuple[LazyString, LazyString], ...]


CHAINS: ByName[Chain] = ByName("sign-off chain")
