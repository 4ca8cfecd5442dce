"""The versions of a city's rules: which one is in force at a moment, and which one a clock began with.

In force is the highest version that has begun: a later decision stands even where an older one was to begin after it.
A version begins at the earliest `NOTICE` after it is made, so that every process knows it by then and all of them agree
on what is in force at any moment.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import Field, dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, ClassVar, Generic, Protocol, Self, TypeVar

from portal.kernel import clock

NOTICE = timedelta(minutes=2)
"""How long after it is made a version begins at the earliest; longer than a process remembers what it read."""

CALENDAR = "calendar"
"""Under this name the notices are kept that were imported into the calendar: they have versions, but are no rules."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Who set a version (a post, never a person's name), and the day from which it holds."""

    by: str
    on: date


class Values(Protocol):
    """What one version of rules says: a frozen dataclass that refuses to be made (`Faulty`) of what cannot hold."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    @property
    def version(self) -> int: ...

    @property
    def origin(self) -> Origin | None: ...

    def to_json(self) -> dict[str, Any]:
        """Plain data for a JSON column."""

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The rules of `to_json`; ValueError, KeyError or TypeError when they are none."""


V = TypeVar("V", bound=Values)
V_co = TypeVar("V_co", bound=Values, covariant=True)


@dataclass(frozen=True, slots=True)
class Versioned(Generic[V_co]):
    """Rules that a city sets in versions, kept under this name. Version 1 is the default, which stands in the code and is no
    row; it must never be changed, because clocks refer to it."""

    name: str
    default: V_co


@dataclass(frozen=True, slots=True)
class Version:
    """One version as it was set."""

    name: str
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
    _built: dict[tuple[str, int], Any] = field(default_factory=dict, repr=False, compare=False)

    def of(self, name: str) -> list[Version]:
        """The versions under one name that the city has set; the default is none of them."""
        return [version for version in self.versions if version.name == name]

    def latest(self, what: Versioned[Values]) -> int:
        """The number of the newest version, begun or not; the default is number 1."""
        return max((version.number for version in self.of(what.name)), default=1)

    def in_force(self, what: Versioned[Values], moment: datetime) -> int:
        """The number of the version in force at this moment."""
        return max((v.number for v in self.of(what.name) if v.from_at <= moment), default=1)

    def built(self, what: Versioned[V], number: int) -> V:
        """What this version says; KeyError when there is none."""
        if number == what.default.version:
            return what.default
        if (what.name, number) not in self._built:
            version = next((one for one in self.of(what.name) if one.number == number), None)
            if version is None:
                raise KeyError((what.name, number))
            self._built[what.name, number] = replace(type(what.default).from_json(version.data), origin=version.origin)
        built: V = self._built[what.name, number]
        return built
