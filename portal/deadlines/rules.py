"""The table of deadlines: how long an instruction of this level and urgency may take. A city may edit the table.

The limits below it come from the regulations and are nobody's to edit: declining, acknowledging, extending.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self

from portal.kernel.language import _l

if TYPE_CHECKING:
    from flask_babel import LazyString

DECLINE_WORKING_DAYS = 3
ACKNOWLEDGE_WORKING_DAYS = 1
ACKNOWLEDGE_URGENT = timedelta(hours=2)
OFFICE_OPENS = time(8, 30)
OFFICE_CLOSES = time(17, 30)
EXTENSION_MONTHS = 1


class SourceLevel(StrEnum):
    """From how high the instruction comes."""

    CENTRAL = "central"
    PROVINCE = "province"
    CITY = "city"
    COUNTY = "county"

    @property
    def label(self) -> LazyString:
        return _LEVEL_LABELS[self]


class Urgency(StrEnum):
    """How pressing the paper is."""

    NORMAL = "normal"
    URGENT = "urgent"

    @property
    def label(self) -> LazyString:
        return _URGENCY_LABELS[self]


_LEVEL_LABELS = {
    SourceLevel.CENTRAL: _l("中央"),
    SourceLevel.PROVINCE: _l("省"),
    SourceLevel.CITY: _l("市"),
    SourceLevel.COUNTY: _l("县"),
}
_URGENCY_LABELS = {Urgency.NORMAL: _l("一般"), Urgency.URGENT: _l("急件")}


@dataclass(frozen=True, slots=True)
class Span:
    """A number of calendar days, or of months; exactly one of them, and more than nought."""

    days: int = 0
    months: int = 0

    def __post_init__(self) -> None:
        if sorted((bool(self.days), bool(self.months))) != [False, True] or self.days < 0 or self.months < 0:
            raise ValueError("a span is either some days or some months")

    def after(self, day: date) -> date:
        """The last day of the span when the day after `day` counts as its first.

        A month ends on the same day of a later month, or on that month's last day where there is no such day.
        """
        if self.days:
            return day + timedelta(days=self.days)
        return months_after(day, self.months)

    def to_json(self) -> dict[str, int]:
        return {"days": self.days} if self.days else {"months": self.months}

    @classmethod
    def from_json(cls, data: Mapping[str, int]) -> Self:
        return cls(**data)


def months_after(day: date, months: int) -> date:
    """The same day `months` later: 31 January + 1 month is 28 February, in a leap year the 29th."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    month += 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


@dataclass(frozen=True, slots=True)
class Rule:
    """Time from receipt until the closing report is issued, and until the first feedback where one is owed."""

    closing: Span
    first_feedback: Span | None = None


@dataclass(frozen=True, slots=True)
class RuleTable:
    """One rule for every source level and urgency. The version goes into each deadline's reasons."""

    version: int
    rows: tuple[tuple[SourceLevel, Urgency, Rule], ...]

    def __post_init__(self) -> None:
        named = [(level, urgency) for level, urgency, _rule in self.rows]
        wanted = {(level, urgency) for level in SourceLevel for urgency in Urgency}
        if len(named) != len(wanted) or set(named) != wanted:
            raise ValueError("the table needs exactly one rule for every source level and urgency")

    def rule(self, source_level: SourceLevel, urgency: Urgency) -> Rule:
        """The rule for such an instruction."""
        return next(rule for level, how, rule in self.rows if (level, how) == (source_level, urgency))

    def to_json(self) -> dict[str, Any]:
        """Plain data for a JSON column."""
        return {
            "version": self.version,
            "rows": [
                {
                    "source_level": level.value,
                    "urgency": urgency.value,
                    "closing": rule.closing.to_json(),
                    "first_feedback": rule.first_feedback.to_json() if rule.first_feedback else None,
                }
                for level, urgency, rule in self.rows
            ],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The table of `to_json`; ValueError, KeyError or TypeError when it is not one."""
        return cls(
            version=int(data["version"]),
            rows=tuple(
                (
                    SourceLevel(row["source_level"]),
                    Urgency(row["urgency"]),
                    Rule(
                        closing=Span.from_json(row["closing"]),
                        first_feedback=Span.from_json(row["first_feedback"]) if row["first_feedback"] else None,
                    ),
                )
                for row in data["rows"]
            ),
        )


DEFAULT_RULES = RuleTable(
    version=1,
    rows=(
        (SourceLevel.CENTRAL, Urgency.NORMAL, Rule(closing=Span(days=15))),
        (SourceLevel.CENTRAL, Urgency.URGENT, Rule(closing=Span(days=15), first_feedback=Span(days=7))),
        (SourceLevel.PROVINCE, Urgency.NORMAL, Rule(closing=Span(days=15))),
        (SourceLevel.PROVINCE, Urgency.URGENT, Rule(closing=Span(days=15), first_feedback=Span(days=7))),
        (SourceLevel.CITY, Urgency.NORMAL, Rule(closing=Span(months=1))),
        (SourceLevel.CITY, Urgency.URGENT, Rule(closing=Span(months=1), first_feedback=Span(days=7))),
        (SourceLevel.COUNTY, Urgency.NORMAL, Rule(closing=Span(months=1))),
        (SourceLevel.COUNTY, Urgency.URGENT, Rule(closing=Span(months=1), first_feedback=Span(days=7))),
    ),
)
