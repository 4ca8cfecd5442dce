"""One value for each feature: everything that it brings into the portal. `app.py` names the values, one line each.

A field holds the things themselves, never their names, so that types and floors are checked. Whatever is not given is
empty: a feature says only what it brings.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Never
from uuid import UUID

from flask import Blueprint, Flask
from flask_babel import LazyString

from portal.kernel.language import DEFAULT, LANGUAGES, said_in
from portal.registry import hooks, journal
from portal.registry.acts import ACTS, Act
from portal.registry.chains import CHAINS, Chain
from portal.registry.commands import COMMANDS, Command
from portal.registry.hooks import OnCalendarChange, OnPostEnd, OnUnitChange
from portal.registry.imports import IMPORTS, ImportKind
from portal.registry.journal import Journal, Word
from portal.registry.kinds import KINDS, MARKS, Kind, Mark
from portal.registry.messages import MESSAGES, MessageKind
from portal.registry.navigation import PLACES, SECTIONS, Place, Purpose, Section
from portal.registry.registered import Unregistrable
from portal.registry.rules import RULES, Rules
from portal.registry.session import SESSION_PARTS, SessionPart
from portal.registry.sweeps import SWEEPS, Sweep
from portal.registry.tasks import TASKS, Task


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """What one package of the portal brings. `blueprint`: its pages; `install`: what it must do with the app itself;
    `models`: the modules of its tables; `kinds`: the kinds of record that it keeps; `acts`: what a person can do or open in
    it; `messages`: what it tells people; `journal`: what it calls what it writes into the journal; `entries`: the same of
    办理经过, whose words the journal knows too; `tasks`: what its records wait for; `sections`: its entries of the menu;
    `places`: its pages that every page leads to; `session_parts`: what every page must know of its reader; `imports`: the kinds of
    workbook that it takes; `rules`: what a city sets for itself in it; `chains`: through which seats its papers go;
    `translations`: a catalogue of its own, beside the portal's; `sweeps`: what it does for each city without being asked;
    `at_start`: what it has to do in each city before anyone is served, since an earlier release did not; `commands`: what the
    operator can say to it.

    What it does when something below it changes: `on_unit_change`, `on_post_end`, `on_lending_end`, `on_calendar_change`; what it
    is asked for: `open_in_unit`, its open business on a unit's page; `ladders`, whom the reminders of its clocks reach;
    `on_shift`, whether the person in a column is on shift, as a part of a statement; `before_number`, which raises where no
    number may be given."""

    name: str
    blueprint: Blueprint | None = None
    install: Callable[[Flask], None] | None = None
    models: tuple[ModuleType, ...] = ()
    kinds: tuple[Kind, ...] = ()
    acts: tuple[Act, ...] = ()
    messages: tuple[MessageKind, ...] = ()
    journal: Journal = field(default_factory=Journal)
    entries: tuple[Word, ...] = ()
    tasks: tuple[Task, ...] = ()
    sections: tuple[Section[Never], ...] = ()
    places: tuple[Place, ...] = ()
    session_parts: tuple[SessionPart, ...] = ()
    sweeps: tuple[Sweep, ...] = ()
    at_start: tuple[Callable[[], None], ...] = ()
    commands: tuple[Command, ...] = ()
    imports: tuple[ImportKind, ...] = ()
    rules: tuple[Rules, ...] = ()
    chains: tuple[Chain, ...] = ()
    translations: Path | None = None
    on_unit_change: tuple[OnUnitChange[Never, Never, Never], ...] = ()
    on_post_end: tuple[OnPostEnd[Never, Never, Never, object, object], ...] = ()
    on_lending_end: tuple[Callable[[Collection[int]], None], ...] = ()
    on_calendar_change: tuple[OnCalendarChange[Never, Never, object], ...] = ()
    open_in_unit: tuple[Callable[[Never, int, int], Sequence[object]], ...] = ()
    ladders: tuple[Callable[[int, UUID, Collection[str]], object | None], ...] = ()
    on_shift: tuple[Callable[[Never], object], ...] = ()
    before_number: tuple[Callable[[], None], ...] = ()


def refuse_contradictions(features: Iterable[Feature]) -> None:
    """Raise Unregistrable, which names row and feature, unless all these features can stand beside each other."""
    given = tuple(features)
    twice = [name for name, times in Counter(one.name for one in given).items() if times > 1]
    if twice:
        raise Unregistrable(f"two features are called {', '.join(twice)}")
    _judged(given)


def hand_down(features: Iterable[Feature]) -> None:
    """Fill the lists that the floors below read, once, at start. Raises Unregistrable as `refuse_contradictions` does."""
    for fill in _judged(tuple(features)):
        fill()


def _judged(features: tuple[Feature, ...]) -> list[Callable[[], None]]:
    """What fills each list; every one is judged before the first is filled."""
    return [
        KINDS.judged((one.name, row) for one in features for row in one.kinds),
        MARKS.judged((one.name, Mark(mark)) for one in features for row in one.kinds for mark in row.marks()),
        ACTS.judged((one.name, act) for one in features for act in one.acts),
        MESSAGES.judged((one.name, row) for one in features for row in one.messages),
        journal.ENTRIES.judged((one.name, row) for one in features for row in one.entries),
        journal.ACTS.judged((one.name, row) for one in features for row in (*one.journal.acts, *one.entries)),
        journal.SUBJECTS.judged((one.name, row) for one in features for row in one.journal.subjects),
        journal.FACTS.judged((one.name, row) for one in features for row in one.journal.facts),
        journal.TOLD.judged((one.name, row) for one in features for row in one.journal.told),
        TASKS.judged((one.name, row) for one in features for row in one.tasks),
        SECTIONS.judged((one.name, row) for one in features for row in one.sections),
        PLACES.judged((one.name, row) for one in features for row in one.places),
        SESSION_PARTS.judged((one.name, row) for one in features for row in one.session_parts),
        IMPORTS.judged((one.name, row) for one in features for row in one.imports),
        RULES.judged((one.name, row) for one in features for row in one.rules),
        CHAINS.judged((one.name, row) for one in features for row in one.chains),
        SWEEPS.judged((one.name, row) for one in features for row in one.sweeps),
        COMMANDS.judged((one.name, row) for one in features for row in one.commands),
        hooks.AT_START.judged((one.name, row) for one in features for row in one.at_start),
        hooks.ON_UNIT_CHANGE.judged((one.name, row) for one in features for row in one.on_unit_change),
        hooks.ON_POST_END.judged((one.name, row) for one in features for row in one.on_post_end),
        hooks.ON_LENDING_END.judged((one.name, row) for one in features for row in one.on_lending_end),
        hooks.ON_CALENDAR_CHANGE.judged((one.name, row) for one in features for row in one.on_calendar_change),
        hooks.OPEN_IN_UNIT.judged((one.name, row) for one in features for row in one.open_in_unit),
        hooks.LADDERS.judged((one.name, row) for one in features for row in one.ladders),
        hooks.ON_SHIFT.judged((one.name, row) for one in features for row in one.on_shift),
        hooks.BEFORE_NUMBER.judged((one.name, row) for one in features for row in one.before_number),
    ]


def refuse_untranslated(features: Iterable[Feature]) -> None:
    """Raise Unregistrable for words that a language's catalogue does not have; within the app, which knows the catalogues."""
    said = [(f"{feature.name}: the {what}", words) for feature in features for what, words in _words(feature)]
    words = [one for _what, one in said]
    original = said_in(DEFAULT, words)
    for language in LANGUAGES.keys() - {DEFAULT}:
        for (what, _words_of_it), before, after in zip(said, original, said_in(language, words), strict=True):
            if before == after:
                raise Unregistrable(f"{what} is not said in {LANGUAGES[language]}: {before}")


def _words(feature: Feature) -> Iterator[tuple[str, LazyString]]:
    """All that the feature's rows say on screen, each with what says it."""
    for act in feature.acts:
        yield from ((f"{what} of the {ACTS.what} {act.name}", words) for what, words in act.words())
    for kind in feature.kinds:
        yield from ((f"{what} of the {KINDS.what} {kind.name}", words) for what, words in kind.words())
    for message in feature.messages:
        yield f"{MESSAGES.what} {message.name}", message.constant
        if isinstance(message.full, LazyString):
            yield f"{MESSAGES.what} {message.name}", message.full
    said = feature.journal
    yield from ((f"{journal.ACTS.what} {row.name}", row.label) for row in (*said.acts, *feature.entries))
    yield from ((f"{journal.SUBJECTS.what} {row.name}", row.label) for row in said.subjects)
    yield from ((f"{journal.FACTS.what} {row.name}", label) for row in said.facts for label in (row.label, *row.values.values()))
    yield from ((f"{TASKS.what} {row.name}", label) for row in feature.tasks for label in (row.label, row.turn))
    yield from ((f"{IMPORTS.what} {row.name}", row.words) for row in feature.imports)
    yield from ((f"{RULES.what} {row.name}", words) for row in feature.rules for words in (row.title, row.source))
    for chain in feature.chains:
        yield from (
            (f"{CHAINS.what} {chain.name}", words) for words in (chain.label, *(word for step in chain.steps for word in step))
        )
    for section in feature.sections:
        yield from ((f"{SECTIONS.what} {section.name}", label) for label in (section.label, section.group) if label is not None)


def refuse_dead_ends(features: Iterable[Feature], endpoints: Container[str], roles: Container[str]) -> None:
    """Raise Unregistrable where a row leads to a page, to another row or to a role that there is not."""
    for feature in features:
        for task in feature.tasks:
            if unknown := [role for role in task.roles if role not in roles]:
                raise Unregistrable(f"{feature.name}: the {TASKS.what} {task.name} comes to {', '.join(unknown)}, which is no role")
        for told in feature.journal.told:
            if told.of not in journal.ACTS:
                raise Unregistrable(f"{feature.name}: the {journal.TOLD.what} {told.name} tells of {told.of}, which is no act")
        for what, row, endpoint in _leading(feature):
            if endpoint not in endpoints:
                raise Unregistrable(f"{feature.name}: the {what} {row} leads to {endpoint}, which is no page")
    for purpose in Purpose:
        if purpose not in PLACES:
            raise Unregistrable(f"no feature has a {PLACES.what} {purpose}")


def _leading(feature: Feature) -> Iterator[tuple[str, str, str]]:
    """Each row that leads to a page: what it is, its name, and the page's endpoint."""
    yield from ((MESSAGES.what, row.name, row.opens.endpoint) for row in feature.messages if row.opens is not None)
    yield from ((SECTIONS.what, row.name, row.name) for row in feature.sections)
    yield from ((KINDS.what, row.name, endpoint) for row in feature.kinds for endpoint in row.leads())
    yield from ((PLACES.what, row.name, row.endpoint) for row in feature.places)
