"""One value for each feature: everything that it brings into the portal. `app.py` names the values, one line each.

A field holds the things themselves, never their names, so that types and floors are checked. Whatever is not given is
empty: a feature says only what it brings.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass
from types import ModuleType

from flask import Blueprint, Flask

from portal.registry.messages import MESSAGES, MessageKind
from portal.registry.registered import Unregistrable


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """What one package of the portal brings. `blueprint`: its pages; `install`: what it must do with the app itself;
    `models`: the modules of its tables; `messages`: what it tells people."""

    name: str
    blueprint: Blueprint | None = None
    install: Callable[[Flask], None] | None = None
    models: tuple[ModuleType, ...] = ()
    messages: tuple[MessageKind, ...] = ()


def refuse_contradictions(features: Iterable[Feature]) -> None:
    """Raise Unregistrable, which names row and feature, unless all these features can stand beside each other."""
    twice = [name for name, times in Counter(one.name for one in features).items() if times > 1]
    if twice:
        raise Unregistrable(f"two features are called {', '.join(twice)}")


def hand_down(features: Iterable[Feature]) -> None:
    """Fill the lists that the floors below read, once, at start. Raises Unregistrable as `refuse_contradictions` does."""
    given = tuple(features)
    MESSAGES.fill((feature.name, row) for feature in given for row in feature.messages)


def refuse_dead_ends(features: Iterable[Feature], endpoints: Container[str]) -> None:
    """Raise Unregistrable where a row leads to a page that there is not."""
    for feature in features:
        for row in feature.messages:
            if row.opens is not None and row.opens.endpoint not in endpoints:
                raise Unregistrable(f"{feature.name}: the {MESSAGES.what} {row.name} opens {row.opens.endpoint}, which is no page")
