"""One value for each feature: everything that it brings into the portal. `app.py` names the values, one line each.

A field holds the things themselves, never their names, so that types and floors are checked. Whatever is not given is
empty: a feature says only what it brings.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import ModuleType

from flask import Blueprint, Flask


class Unregistrable(ValueError):
    """A registration is incomplete, or says what another has said already; the portal does not start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """What one package of the portal brings. `blueprint`: its pages; `install`: what it must do with the app itself;
    `models`: the modules of its tables."""

    name: str
    blueprint: Blueprint | None = None
    install: Callable[[Flask], None] | None = None
    models: tuple[ModuleType, ...] = ()


def refuse_contradictions(features: Iterable[Feature]) -> None:
    """Raise Unregistrable, which names row and feature, unless all these features can stand beside each other."""
    twice = [name for name, times in Counter(one.name for one in features).items() if times > 1]
    if twice:
        raise Unregistrable(f"two features are called {', '.join(twice)}")
