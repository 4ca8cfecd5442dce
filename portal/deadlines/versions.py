"""The versions of a city's rules: which one is in force at a moment, and which one a clock began with.

In force is the highest version that has begun: a later decision stands even where an older one was to begin after it.
A version begins at the earliest `NOTICE` after it is made, so that every process knows it by then and all of them agree
on what is in force at any moment.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar

from portal.deadlines.ladder import DEFAULT_LADDER, Ladder
from portal.deadlines.rules import DEFAULT_LIMITS, DEFAULT_RULES, Limits, Origin, RuleTable
from portal.kernel import clock

NOTICE = timedelta(minutes=2)
"""How long after it is made a version begins at the earliest; longer than a process remembers what it read."""

RulesOfAKind = TypeVar("RulesOfAKind", RuleTable, Ladder, Limits)


class Kind(StrEnum):
    """What has versions. A calendar's versions are the notices that were imported; the others are rules."""

    DEADLINES = "deadlines"
    LADDER = "ladder"
    LIMITS = "limits"
    CALENDAR = "calendar"


RULES = (Kind.DEADLINES, Kind.LADDER, Kind.LIMITS)


@dataclass(frozen=True, slots=True)
class Version:
    """One version as it was set."""

    kind: Kind
    number: int
    data: Mapping[str, Any]
    from_at: datetime
    made_at: datetime
    set_by: str

    @property
    def origin(self) -> Origin:
        """Who set it and from when."""
        return Origin(self.set_by, clock.local(self.from_at).date())


@dataclass(frozen=True)
class History:
    """All versions that a city has set, lowest first."""

    versions: Sequence[Version] = ()
    _built: dict[tuple[Kind, int], Any] = field(default_factory=dict, repr=False, compare=False)

    def of(self, kind: Kind) -> list[Version]:
        """The versions of one kind that the city has set; the default is none of them."""
        return [version for version in self.versions if version.kind == kind]

    def latest(self, kind: Kind) -> int:
        """The number of the newest version, begun or not; the default is number 1."""
        return max((version.number for version in self.of(kind)), default=1)

    def in_force(self, kind: Kind, moment: datetime) -> int:
        """The number of the version in force at this moment."""
        return max((v.number for v in self.of(kind) if v.from_at <= moment), default=1)

    def rules(self, number: int) -> RuleTable:
        """The table of deadlines of this version; KeyError when there is none."""
        return self._built_once(Kind.DEADLINES, number, DEFAULT_RULES)

    def ladder(self, number: int) -> Ladder:
        """The ladder of this version; KeyError when there is none."""
        return self._built_once(Kind.LADDER, number, DEFAULT_LADDER)

    def limits(self, number: int) -> Limits:
        """The limits of this version; KeyError when there is none."""
        return self._built_once(Kind.LIMITS, number, DEFAULT_LIMITS)

    def any(self, kind: Kind, number: int) -> RuleTable | Ladder | Limits:
        """The rules of this kind and version; KeyError when there are none."""
        if kind is Kind.DEADLINES:
            return self.rules(number)
        return self.ladder(number) if kind is Kind.LADDER else self.limits(number)

    def _built_once(self, kind: Kind, number: int, default: RulesOfAKind) -> RulesOfAKind:
        if number == default.version:
            return default
        if (kind, number) not in self._built:
            version = next((one for one in self.of(kind) if one.number == number), None)
            if version is None:
                raise KeyError((kind, number))
            self._built[kind, number] = replace(type(default).from_json(version.data), origin=version.origin)
        built: RulesOfAKind = self._built[kind, number]
        return built
