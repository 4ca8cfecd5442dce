"""What a city sets for itself: the table of deadlines (how long an instruction of this level and urgency may take) and
the limits for declining and acknowledging. Each set has a version; what is running keeps the one it began with.

Version 1 of each is the default that stands here. It must never be changed: clocks refer to it. How far a deadline may
be extended comes from the regulations and is nobody's to edit.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self

from portal.deadlines.versions import Origin, Versioned
from portal.kernel.language import _l

if TYPE_CHECKING:
    from flask_babel import LazyString

EXTENSION_MONTHS = 1
MOST_DAYS = 366
MOST_MONTHS = 12
MOST_WORKING_DAYS = 15


class Faulty(ValueError):
    """Rules that cannot hold. `sentence` says what to do, none where nobody can have typed it; `code` and `params`, beside
    which field it is said."""

    def __init__(self, code: str, why: str, sentence: LazyString | None = None, **params: Any) -> None:
        super().__init__(why)
        self.code = code
        self.sentence = sentence
        self.params = params


class SourceLevel(StrEnum):
    """From how high the instruction comes."""

    CENTRAL = "central"
    PROVINCE = "province"
    CITY = "city"
    COUNTY = "county"

    @property
    def label(self) -> LazyString:
        return _LEVEL_LABELS[self]

    @property
    def rank(self) -> int:
        """Its place, the highest first: 1 to 4."""
        return list(SourceLevel).index(self) + 1


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

    @property
    def least(self) -> int:
        """The fewest calendar days that it can be."""
        return self.days or self.months * 28

    @property
    def most(self) -> int:
        """The most calendar days that it can be."""
        return self.days or self.months * 31


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
    origin: Origin | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        named = [(level, urgency) for level, urgency, _rule in self.rows]
        wanted = {(level, urgency) for level in SourceLevel for urgency in Urgency}
        if len(named) != len(wanted) or set(named) != wanted:
            raise Faulty("table_rows", "the table needs exactly one rule for every source level and urgency")
        for level, urgency, rule in self.rows:
            where = {"source_level": level.value, "urgency": urgency.value}
            for span in (rule.closing, rule.first_feedback):
                if span and (span.days > MOST_DAYS or span.months > MOST_MONTHS):
                    too_long = _l("期限最长 %(days)d 日或 %(months)d 个月", days=MOST_DAYS, months=MOST_MONTHS)
                    raise Faulty("span_long", "a span of more than a year", too_long, **where)
            if rule.first_feedback and rule.first_feedback.most >= rule.closing.least:
                sooner = _l("首次反馈须早于办结期限")
                raise Faulty("feedback_late", "the first feedback is owed before the closing report", sooner, **where)

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


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a unit has to answer an assignment, in working days and office hours."""

    version: int
    decline_working_days: int
    acknowledge_working_days: int
    acknowledge_urgent_hours: int
    opens: time
    closes: time
    origin: Origin | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        for name in ("decline_working_days", "acknowledge_working_days"):
            if not 1 <= getattr(self, name) <= MOST_WORKING_DAYS:
                within = _l("填写 1 至 %(most)d 个工作日", most=MOST_WORKING_DAYS)
                raise Faulty("limit_days", f"{name} is out of range", within, field=name)
        if self.opens >= self.closes:
            raise Faulty("office_hours", "the office closes before it opens", _l("下班时间须晚于上班时间"), field="closes")
        if not 1 <= self.acknowledge_urgent_hours <= 24 or self.urgent > self.office_day:
            hours = _l("填写整小时，至少 1 小时，不超过一天的办公时间")
            raise Faulty("limit_hours", "the urgent limit must fit into an office day", hours, field="acknowledge_urgent_hours")

    @property
    def urgent(self) -> timedelta:
        """The office hours within which receipt of an urgent one is confirmed."""
        return timedelta(hours=self.acknowledge_urgent_hours)

    @property
    def office_day(self) -> timedelta:
        """How long offices are open on a working day."""
        return timedelta(hours=self.closes.hour - self.opens.hour, minutes=self.closes.minute - self.opens.minute)

    def to_json(self) -> dict[str, Any]:
        """Plain data for a JSON column."""
        return {
            "version": self.version,
            "decline_working_days": self.decline_working_days,
            "acknowledge_working_days": self.acknowledge_working_days,
            "acknowledge_urgent_hours": self.acknowledge_urgent_hours,
            "opens": self.opens.isoformat("minutes"),
            "closes": self.closes.isoformat("minutes"),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The limits of `to_json`; ValueError, KeyError or TypeError when they are none."""
        hours = {name: time.fromisoformat(data[name]) for name in ("opens", "closes")}
        return cls(**{**data, **hours})


DEFAULT_LIMITS = Limits(
    version=1,
    decline_working_days=3,
    acknowledge_working_days=1,
    acknowledge_urgent_hours=2,
    opens=time(8, 30),
    closes=time(17, 30),
)

DEADLINES = Versioned("deadlines", DEFAULT_RULES)
LIMITS = Versioned("limits", DEFAULT_LIMITS)
