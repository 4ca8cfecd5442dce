"""What the journal and 办理经过 call what was done: acts, subjects and facts, each by the feature that writes them down.

A word of theirs may be read for as long as the row that carries it is kept: a feature that writes it no more keeps it
registered, `formerly`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from flask_babel import LazyString

from portal.registry.registered import ByName


@dataclass(frozen=True, slots=True)
class Word:
    """What an act is called. `order` sorts the auditor's list of all; `formerly`: only old rows carry it."""

    name: str
    label: LazyString
    order: int
    formerly: bool = False


@dataclass(frozen=True, slots=True)
class Subject:
    """What a kind of thing is called that acts are done to. `business`: what the entries say of it is not the auditor's to
    see."""

    name: str
    label: LazyString
    order: int
    business: bool = False


@dataclass(frozen=True, slots=True)
class Fact:
    """What a fact of an entry is called; `values`: what its values are called where they are codes."""

    name: str
    label: LazyString
    values: Mapping[str, LazyString] = field(default_factory=dict)
    formerly: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """An act by which people are told of a move: it is called as the move's own."""

    name: str
    of: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Journal:
    """The words that a feature brings to the journal."""

    acts: tuple[Word, ...] = ()
    subjects: tuple[Subject, ...] = ()
    facts: tuple[Fact, ...] = ()
    told: tuple[Told, ...] = ()


def words(order: int, labels: Mapping[str, LazyString]) -> tuple[Word, ...]:
    """Acts that stand beside each other in the auditor's list."""
    return tuple(Word(name, label, order) for name, label in labels.items())


ACTS: ByName[Word] = ByName("act of the journal", order=lambda act: act.order)
SUBJECTS: ByName[Subject] = ByName("subject of the journal", order=lambda subject: subject.order)
FACTS: ByName[Fact] = ByName("fact of the journal")
TOLD: ByName[Told] = ByName("act of telling in the journal")
ENTRIES: ByName[Word] = ByName("entry of 办理经过")


def entry_words(kind: str) -> str:
    """What an entry of 办理经过 is called; what has no name keeps its code."""
    return str(ENTRIES[kind].label) if kind in ENTRIES else kind
