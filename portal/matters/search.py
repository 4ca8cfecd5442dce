"""Search by part of a number, name or title: by pairs of neighbouring characters first, then by the words themselves."""

from __future__ import annotations

import re
from uuid import UUID

from sqlalchemy import func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT

from portal.access.actor import Actor
from portal.kernel.db import db

_LEFT_OUT = re.compile(r"[^\u3400-\u9fff\U00020000-\U0003ffffA-Za-z0-9]+")


def grams(*texts: str | None) -> list[str]:
    """Pairs of neighbouring characters of each text, each pair once; signs and spaces are left out, so that every part of
    a text has pairs of the text alone."""
    found: dict[str, None] = {}
    for text in texts:
        run = _LEFT_OUT.sub("", text or "").lower()
        found.update(dict.fromkeys(run[i : i + 2] for i in range(len(run) - 1)))
    return list(found)


def matters_holding(actor: Actor, typed: str, most: int) -> list[UUID] | None:
    """Matters in the reader's sight that may hold what was typed; None where there are more than `most` of them, or where
    nothing can be looked up (a single character). Whatever else holds it makes no difference: a limit met by what he may not
    see would count it for him. The words themselves are still to be compared, through the seam."""
    pairs = grams(typed)
    if not pairs:
        return None
    principals = literal(list(actor.principals), ARRAY(BIGINT))
    found = list(db.session.scalars(select(func.matters_holding(pairs, principals, most + 1))))
    return found if len(found) <= most else None
