"""What the journal's acts and facts are called on the auditor's page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from portal.kernel.language import _
from portal.registry.journal import ACTS, FACTS, TOLD


def act_words(act: str) -> str:
    """The act, as the office calls it; what has no name keeps its code."""
    if act in TOLD:
        return _("%(act)s（通知）", act=ACTS[TOLD[act].of].label)
    return str(ACTS[act].label) if act in ACTS else act


def fact_words(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> str:
    """The facts of an entry in one line."""
    facts = {name: value for name, value in {**(before or {}), **(after or {})}.items() if value not in (None, "", [])}
    return _("；").join(f"{FACTS[name].label if name in FACTS else name} {_value(name, value)}" for name, value in facts.items())


def _value(name: str, value: Any) -> str:
    fact = FACTS.get(name)
    if fact is not None and isinstance(value, str) and value in fact.values:
        return str(fact.values[value])
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, dict) or (isinstance(value, list) and any(isinstance(one, (dict, list, tuple)) for one in value)):
        return _("共 %(n)s 项", n=len(value))  # a calendar's days, a table of rules: their page shows them
    return _("、").join(map(str, value)) if isinstance(value, list) else str(value)
