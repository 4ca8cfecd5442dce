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

from portal.kernel.language import DEFAULT, LANGUAGES, said_in
from portal.registry.acts import ACTS, Act
from portal.registry.registered import Unregistrable


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """What one package of the portal brings. `blueprint`: its pages; `install`: what it must do with the app itself;
    `models`: the modules of its tables; `acts`: what a person can do or open in it."""

    name: str
    blueprint: Blueprint | None = None
    install: Callable[[Flask], None] | None = None
    models: tuple[ModuleType, ...] = ()
    acts: tuple[Act, ...] = ()


def refuse_contradictions(features: Iterable[Feature]) -> None:
    """Raise Unregistrable, which names row and feature, unless all these features can stand beside each other."""
    given = tuple(features)
    twice = [name for name, times in Counter(one.name for one in given).items() if times > 1]
    if twice:
        raise Unregistrable(f"two features are called {', '.join(twice)}")
    _judged(given)


def hand_down(features: Iterable[Feature]) -> None:
    """Fill the lists that the floors below read, once, at start. Raises Unregistrable as `refuse_contradictions` does."""
    for fill in _judged(tuple(features)):
        fill()


def _judged(features: tuple[Feature, ...]) -> list[Callable[[], None]]:
    """What fills each list; every one is judged before the first is filled."""
    return [
        ACTS.judged((one.name, act) for one in features for act in one.acts),
    ]


def refuse_untranslated(features: Iterable[Feature]) -> None:
    """Raise Unregistrable for words that a language's catalogue does not have; within the app, which knows the catalogues."""
    said = [
        (f"{feature.name}: the {what} of the act {act.name}", words)
        for feature in features
        for act in feature.acts
        for what, words in act.words()
    ]
    words = [one for _what, one in said]
    original = said_in(DEFAULT, words)
    for language in LANGUAGES.keys() - {DEFAULT}:
        for (what, _words), before, after in zip(said, original, said_in(language, words), strict=True):
            if before == after:
                raise Unregistrable(f"{what} is not said in {LANGUAGES[language]}")
