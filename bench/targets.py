"""How a target is printed: what was measured, what it should be, met or MISSED."""

from __future__ import annotations


def say(what: str, value: str, target: str, met: bool) -> None:
    """One line."""
    print(f"{what:44} {value:>10}   {target:24} {'met' if met else 'MISSED'}", flush=True)


def at_most(what: str, value: float, most: float, aim: float | None = None, unit: str = "", *, sound: bool = True) -> None:
    """One line of what should be small; it is missed where an answer was not `sound`."""
    _numbered(what, value, "≤", most, aim, unit, sound and value <= most)


def at_least(what: str, value: float, least: float, aim: float | None = None, unit: str = "", *, sound: bool = True) -> None:
    """One line of what should be large."""
    _numbered(what, value, "≥", least, aim, unit, sound and value >= least)


def _numbered(what: str, value: float, sign: str, bound: float, aim: float | None, unit: str, met: bool) -> None:
    unit = unit and f" {unit}"
    target = f"{sign} {_short(bound)}{unit}" + (f" (aim {_short(aim)})" if aim is not None else "")
    say(what, f"{_short(value)}{unit}", target, met)


def _short(number: float) -> str:
    return f"{number:,}" if isinstance(number, int) else f"{number:.2f}" if number < 10 else f"{number:.0f}"
