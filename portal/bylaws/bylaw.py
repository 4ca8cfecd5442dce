"""A bylaw: one set of rules that a city sets for itself, as the feature gives it that it is about. The pages of bylaws draw,
compare, preview and publish whatever was given."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Generic

from flask_babel import LazyString

from portal.bylaws.forms import RulesForm
from portal.bylaws.rules import Said
from portal.deadlines.calendar import Calendar
from portal.deadlines.versions import CALENDAR, V, Versioned
from portal.registry.rules import MOST_NAME


@dataclass(frozen=True, slots=True, kw_only=True)
class Bylaw(Generic[V]):
    """`of`: what has versions, with its name and its default, whose dataclass judges what was typed; `title`: on every page;
    `source`: what the default follows; `order`: its place on the page of all.

    `form`: what is typed; `template`: its macros `drawn(title, …)`, the table of what is in force, filled with what the
    function `drawn` answers, and `typed(form)`, the fields; `facts`: what a version says, thing by thing, as versions are
    compared; `results`: what would come of it by this calendar at this moment; `example`: what that would come to, in words."""

    of: Versioned[V]
    title: LazyString
    source: LazyString
    order: int
    form: type[RulesForm[V]]
    template: str
    drawn: Callable[[V], Mapping[str, object]]
    facts: Callable[[V], Iterable[Said]]
    results: Callable[[V, Calendar, datetime], Iterable[Said]]
    example: Callable[[datetime], str]

    @property
    def name(self) -> str:
        """In addresses, and of what is kept."""
        return self.of.name

    def fault(self) -> str | None:
        """What is wrong with it by itself, for the sentence that refuses the start."""
        if self.name == CALENDAR:
            return "is called as the notices of the calendar are"
        if len(self.name) > MOST_NAME:
            return f"has a name of more than {MOST_NAME} letters"
        return None if self.of.default.version == 1 else "has a default that is not version 1"
