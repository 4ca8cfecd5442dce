"""What a kind of collection is, and how much may be asked at once and how far ahead."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from portal.kernel import clock
from portal.kernel.language import _

LONGEST = timedelta(days=180)
MOST_ASKED = 3000
"""Units that one collection may ask."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What a feature asks. `asked` and `urged`: the messages by which a unit is told; `answering`: whom of each unit;
    `reminded_before`: how long before the end the units that have not answered are reminded once."""

    name: str
    asked: str
    urged: str
    answering: Callable[[Sequence[int]], Mapping[int, Sequence[int]]]
    reminded_before: timedelta


def day_fault(until: date) -> str | None:
    """Why nothing can be asked by this day: past, today, or far off. None where it can."""
    if until <= clock.today():
        return _("截止日期须晚于今日")
    if until > clock.today() + LONGEST:
        return _("截止日期最远 %(days)s 天", days=LONGEST.days)
    return None
