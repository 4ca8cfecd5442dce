"""What a message of each kind keeps, and what it says of that in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any

from portal.access.roles import Role
from portal.deadlines.formatting import day_words
from portal.registry.messages import MESSAGES, Facts


def text_of(kind: str, facts: Facts) -> str:
    """The sentence of a message, without the matter's number, which stands beside it."""
    return MESSAGES[kind].said({name: _worded(name, value) for name, value in facts.items()})


def kept(kind: str, facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts that the message's row keeps: of a confidential matter the number alone. Raises KeyError for an
    unknown kind, ValueError for a fact of which no kind says anything: that is a mistake of ours."""
    if kind not in MESSAGES:
        raise KeyError(kind)
    given = {name: value for name, value in facts.items() if name != "confidential"}
    if strange := given.keys() - _said_of_anything():
        raise ValueError(f"a message of kind {kind} has no blank for {', '.join(sorted(strange))}")
    if facts.get("confidential"):
        given = {name: value for name, value in given.items() if name == "number"}
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in given.items() if value is not None}


@cache
def _said_of_anything() -> frozenset[str]:
    return frozenset({"number"}).union(*(known.facts for known in MESSAGES))


def _worded(name: str, value: object) -> object:
    if name == "until" and value:
        return day_words(date.fromisoformat(str(value)))
    return Role(str(value)).label if name == "role" and value else value
