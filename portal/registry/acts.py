"""Everything a person can do or open, each act with its words and with who may do it. A feature's acts stand in its `acts.py`;
`access.policy` judges them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from flask_babel import LazyString

from portal.kernel.language import _l, official
from portal.registry.registered import ByName


class About(StrEnum):
    """What an act is judged on, and by that, where."""

    OPEN = "open"  # nothing is judged: whoever has come in may
    NOTHING = "nothing"  # the posts that one holds, without a record: at the door, before the view
    NETWORK = "network"  # a unit, or a post in it
    PROPOSAL = "proposal"  # what one has proposed and another agrees to
    RECORD = "record"


class Lent(StrEnum):
    """Which kinds of act a delegation covers. An act says by which of them it is lent."""

    ALL = "all"
    SIGN = "sign"
    GIVE = "give"
    SUPERVISE = "supervise"

    @property
    def label(self) -> LazyString:
        return _LENT_LABELS[self]


_LENT_LABELS = {
    Lent.ALL: _l("全部事务"),
    Lent.SIGN: _l("签批报结材料"),
    Lent.GIVE: _l("指定承办人、转办、退回交办"),
    Lent.SUPERVISE: _l("交办、改派、审核、批复延期、催办"),
}


class Condition(Protocol):
    """One condition of a row, as far as words go. Of whom and of what it holds, `access.predicates` knows, which makes them."""

    @property
    def name(self) -> str: ...

    @property
    def sentence(self) -> LazyString:
        """What is shown where it is not met."""

    @property
    def meant(self) -> LazyString:
        """Who is meant, for the permission document."""


Rows = tuple[tuple[Condition, ...], ...]
ANYONE: Rows = ((),)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Act:
    """Something a person can do or open. `rows`: who may, any of them, all of each; `lent`: the kind of delegation that
    covers it, besides one for everything; `reading`: every delegation does; `of_officers`: a thing of the three officers, in
    which nobody has part after a reset password until somebody else has seen that it is they."""

    name: str
    label: LazyString
    rows: Rows
    about: About = About.RECORD
    lent: Lent | None = None
    reading: bool = False
    of_officers: bool = False

    def __repr__(self) -> str:
        return self.name

    def words(self) -> Iterator[tuple[str, LazyString]]:
        """All that it says, each with what it is."""
        yield "label", self.label
        for condition in {condition.name: condition for row in self.rows for condition in row}.values():
            yield f"sentence of {condition.name}", condition.sentence
            yield f"meaning of {condition.name}", condition.meant

    def fault(self) -> str | None:
        """What is missing, for the sentence that refuses the start."""
        if not self.rows:
            return "has no rows: nobody could ever do it"
        return next((f"has no words for its {what}" for what, words in self.words() if not official(words)), None)


ACTS: ByName[Act] = ByName("act", fault=Act.fault)
