"""What one kind of matter has of its own, beside what every one shares: its feature says it in one value.

A kind is a row, never a branch in the code: whatever differs between kinds is asked of `kind_of`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from flask_babel import LazyString

from portal.access.actor import Actor
from portal.access.viewers import Readers
from portal.deadlines.reckon import Deadline
from portal.matters.around import Around
from portal.matters.models import ENDED, Content, Matter, State
from portal.network.models import Unit
from portal.papers.seats import Shape
from portal.registry.kinds import KINDS, Kind
from portal.workflow.verbs import ChainError, Link, Verb, refuse_contradictions


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How long a matter of the kind may take. `closing(matter, version)` and `feedback(matter, version)` by this version of the
    city's rules (None: that in force; feedback None: none is owed); `version`: which is in force, for a clock that begins."""

    closing: Callable[[Matter, int | None], Deadline]
    feedback: Callable[[Matter, int | None], Deadline | None]
    version: Callable[[], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The paper with which a matter of the kind is closed, of the kind of paper `paper`. `shape(matter, co-units that
    countersign)`: through which seats it goes; `title(title of the matter)`, `addressee(kind and name of the unit)`,
    `name(matter, unit)`, in whose name, and `mark(matter, unit)`, of its number, are what its drafter finds; `upward`: whether
    its form names who issued it."""

    shape: Callable[[Matter, Sequence[int]], Shape]
    title: Callable[[str], str]
    addressee: Callable[[str, str], str]
    name: Callable[[Matter, Unit], str]
    mark: Callable[[Matter, Unit], str]
    upward: Callable[[Matter], bool]
    paper: str = "closing_report"


@dataclass(frozen=True, slots=True)
class Question:
    """Something that the review looks at: the question, and what to think of while one writes."""

    label: LazyString
    hint: LazyString


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """By which questions a report is reviewed: `questions` by their codes, which entries keep; `lead` of the page on which it is
    closed; `before_writing` and `answered` above them where it is written and read."""

    questions: Mapping[str, Question]
    lead: LazyString
    before_writing: LazyString
    answered: LazyString


@dataclass(frozen=True, slots=True, kw_only=True)
class MatterKind(Kind):
    """One kind of matter, which is called `label`. `register`: the endpoint of its list, which is called `register_label`;
    `source`: what a matter is called by where it came from; `text_label`: what its text is; `mark`: what stands behind the
    registering unit's mark in its numbers; `verbs`: all that can be done with it; `may_be_confidential`; `readers`: adds to those
    who read an open one; `template`: draws its page, `on_page`: with what it says besides."""

    label: LazyString
    register: str
    register_label: LazyString
    source: Callable[[Matter], LazyString]
    text_label: LazyString
    mark: str
    verbs: tuple[Verb[Matter, Content, Any], ...]
    terms: Terms
    report: Report
    review: Review
    may_be_confidential: bool = False
    readers: Callable[[Readers, Matter, Content, Around], None] | None = None
    template: str = "matters/matter.html"
    on_page: Callable[[Actor, Matter], Mapping[str, Any]] | None = None

    def verb(self, name: str) -> Verb[Matter, Content, Any] | None:
        """What is done under this name with a matter of the kind, if anything is."""
        return next((verb for verb in self.verbs if verb.name == name), None)

    def series(self, confidential: bool) -> str:
        """In which of its series a unit counts such a matter."""
        return f"{self.name}:confidential" if confidential else self.name

    def mark_of(self, unit: Unit, confidential: bool) -> str:
        """温委 → 温督, 永嘉委 → 永嘉督, 永嘉公 → 永嘉公督; without a mark the short name. Confidential: 温督内."""
        mark = (unit.document_prefix or unit.short_name).removesuffix("委")
        return f"{mark}{self.mark}内" if confidential else f"{mark}{self.mark}"

    def fault(self) -> str | None:
        """Verbs that contradict each other, or a button that is none of them."""
        try:
            refuse_contradictions(self.name, self.verbs, State.REGISTERED, frozenset(ENDED))
        except ChainError as fault:
            return f"cannot be: {fault}"
        strange = [row.name for row in self.buttons if isinstance(row, Verb) and row not in self.verbs]
        return f"offers what cannot be done with it: {', '.join(strange)}" if strange else None

    def words(self) -> Iterator[tuple[str, LazyString]]:
        yield "label", self.label
        yield "register_label", self.register_label
        yield "text_label", self.text_label
        yield from ((f"{name} of the review", getattr(self.review, name)) for name in ("lead", "before_writing", "answered"))
        for code, question in self.review.questions.items():
            yield f"question {code}", question.label
            yield f"hint of the question {code}", question.hint
        for verb in self.verbs:
            yield from ((f"words of {verb.name}", said) for said in (verb.label, verb.said, verb.unfit) if said is not None)

    def leads(self) -> Iterator[str]:
        yield from (self.page, self.register)
        yield from (row.endpoint for row in self.buttons if isinstance(row, Link))

    def marks(self) -> Iterator[str]:
        yield self.mark
        if self.may_be_confidential:
            yield f"{self.mark}内"


def kind_of(matter: Matter) -> MatterKind:
    """What this matter's kind has of its own."""
    return cast("MatterKind", KINDS[matter.kind])


def matter_kinds() -> tuple[MatterKind, ...]:
    """All kinds of matter, in the order of their features."""
    return tuple(kind for kind in KINDS if isinstance(kind, MatterKind))
