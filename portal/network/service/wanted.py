"""What a secretariat wants of the tree, as it is written down for its day; and what is there that it would touch.

Whether it can be is judged in `judging`. Nothing here changes anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload

from portal.kernel import clock
from portal.kernel.db import current_city, db
from portal.network import acts, queries
from portal.network.models import ChangeKind, Post, Unit
from portal.registry.acts import Act

MOST_REASON = 200
SAME_MATTER = frozenset({ChangeKind.FOUND, ChangeKind.RENAME})
NAMES = ("name", "short_name", "official_name", "document_prefix")


@dataclass(frozen=True, slots=True)
class Wanted:
    """One change: of which unit (its parent, where one is founded), from when, why, and what exactly. `facts` by kind:
    `found` code, level, kind and names; `rename` names; `move` parent_id; `merge` into_id, moving (posts);
    `split` as found, and children, moving, goes (open business goes to the new one); `retire` heir_id."""

    kind: ChangeKind
    unit_id: int
    from_on: date
    reason: str
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Effect:
    """One line of what a change will do: to what, from what, to what."""

    what: str
    before: str
    after: str


@dataclass(slots=True)
class Case:
    """A wanted change with everything it touches, judged. `other` is the new parent, the heir, or None. `asked` are posts that end
    and that their holders are to get where they go, once somebody has agreed: in which unit, until when."""

    wanted: Wanted
    unit: Unit
    other: Unit | None = None
    children: list[Unit] = field(default_factory=list)
    moving: list[Post] = field(default_factory=list)
    ending: list[Post] = field(default_factory=list)
    asked: list[tuple[Post, Unit, date | None]] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)

    @property
    def ends(self) -> bool:
        """The unit is no more afterwards."""
        return self.wanted.kind in (ChangeKind.MERGE, ChangeKind.RETIRE) or bool(self.wanted.facts.get("goes"))


def act_of(kind: ChangeKind) -> Act:
    """What one must be permitted to do to the unit itself."""
    return acts.KEEP_UNIT if kind in SAME_MATTER else acts.END_UNIT


def live_children(unit_id: int) -> list[Unit]:
    """The units right below, organs included."""
    return [unit for unit, _count in queries.branch(unit_id)]


def posts_of(unit_id: int) -> Sequence[Post]:
    """The posts of the unit itself that are held today or will be."""
    found = (
        select(Post)
        .where(Post.city_id == current_city(), Post.unit_id == unit_id)
        .where(or_(Post.to_on.is_(None), Post.to_on > clock.today()))
        .options(joinedload(Post.person))
        .order_by(Post.id)
    )
    return db.session.scalars(found).all()
