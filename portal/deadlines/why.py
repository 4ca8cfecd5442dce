"""Why this date: the reasons of a deadline as plain data, kept with it and put into sentences when shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Line:
    """One reason: a code that `words` knows, with what the sentence needs (JSON values only; dates as ISO text)."""

    code: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Why:
    """The reasons of one deadline, in the order in which they are read."""

    lines: tuple[Line, ...]

    def plus(self, *lines: Line) -> Self:
        """The same reasons with further ones behind."""
        return type(self)((*self.lines, *lines))

    def without(self, *codes: str) -> Self:
        """The same reasons, those of these codes left out."""
        return type(self)(tuple(line for line in self.lines if line.code not in codes))

    def first(self, code: str) -> Line | None:
        """The first reason of this code."""
        return next((line for line in self.lines if line.code == code), None)

    def to_json(self) -> list[dict[str, Any]]:
        """Plain data for a JSON column."""
        return [{"code": line.code, "params": dict(line.params)} for line in self.lines]

    @classmethod
    def from_json(cls, data: Sequence[Mapping[str, Any]]) -> Self:
        """The reasons of `to_json`."""
        return cls(tuple(Line(line["code"], dict(line["params"])) for line in data))
