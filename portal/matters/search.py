"""Search by parts of a number, name or title: by characters and their pairs first, then by the words themselves.

Both sides are folded (`kernel.text.folded`), so that no bracket, blank, dot, width or case hides anything. Of several words
each must be there, wherever.
"""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from sqlalchemy import Select, SQLColumnExpression, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT

from portal.access.actor import Actor
from portal.kernel.db import db
from portal.kernel.text import folded

_BETWEEN = re.compile(r"[\s、，,；;]+")


def words_of(typed: str) -> list[str]:
    """The words that were typed, folded, each once; of signs alone there is none."""
    return list(dict.fromkeys(word for part in _BETWEEN.split(typed) if (word := folded(part))))


def grams(*texts: str | None) -> list[str]:
    """The characters of each text and their pairs of neighbours, each once, so that every part of a text has those of the
    text alone."""
    found: dict[str, None] = {}
    for run in map(folded, texts):
        found.update(dict.fromkeys(run))
        found.update(dict.fromkeys(_pairs(run)))
    return list(found)


def holds(column: SQLColumnExpression[Any], word: str) -> SQLColumnExpression[bool]:
    """Whether that column's text holds this word, as `words_of` gave it."""
    held: SQLColumnExpression[bool] = func.folded(column).contains(word)
    return held


def records_holding(actor: Actor, word: str, most: int) -> list[UUID] | None:
    """Matters in the reader's sight that may hold this word; None where there are more than `most` of them. Whatever else
    holds it makes no difference: a limit met by what he may not see would count it for him. The words themselves are still
    to be compared, through the seam."""
    found = list(db.session.scalars(_in_sight(actor, _pairs(word) or [word], most + 1)))
    return found if len(found) <= most else None


def matters_saying(actor: Actor, *texts: str | None, most: int = 1000) -> Select[UUID]:
    """A statement for the matters in the reader's sight among whose words all of these texts may be; to be compared through
    the seam as well."""
    return _in_sight(actor, grams(*texts), most)


def _in_sight(actor: Actor, characters: list[str], most: int) -> Select[UUID]:
    return select(func.records_holding(characters, literal(list(actor.principals), ARRAY(BIGINT)), most))


def _pairs(run: str) -> list[str]:
    return [run[i : i + 2] for i in range(len(run) - 1)]
