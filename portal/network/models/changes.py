"""What was changed in the tree, when, by whom and why; and the words by which units are found."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from flask_babel import LazyString
from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, SmallInteger, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.identity.models import Person
from portal.kernel.db import Model, OfCity, one_of
from portal.kernel.language import _l
from portal.network.models.posts import Post
from portal.network.models.units import Unit


class ChangeKind(StrEnum):
    """What can be done to the tree of units."""

    FOUND = "found"
    RENAME = "rename"
    MOVE = "move"
    MERGE = "merge"
    SPLIT = "split"
    RETIRE = "retire"

    @property
    def label(self) -> LazyString:
        return _LABELS[self]


_LABELS = {
    ChangeKind.FOUND: _l("设立"),
    ChangeKind.RENAME: _l("更名"),
    ChangeKind.MOVE: _l("划转"),
    ChangeKind.MERGE: _l("合并"),
    ChangeKind.SPLIT: _l("分设"),
    ChangeKind.RETIRE: _l("撤销单位"),
}


class UnitChange(OfCity, Model):
    """One change of one unit: planned for a day, then carried out, refused or cancelled. What was planned stays in
    `wanted`; `before` and `after` are what the change found and left. `other` is the unit on the other side: the parent of
    one that is founded, the new parent, the unit merged into or founded by a split, the one that takes over."""

    __tablename__ = "unit_change"
    __table_args__ = (
        Index("ix_unit_change_unit", "unit_id"),
        Index("ix_unit_change_other", "other_id"),
        Index(
            "ix_unit_change_planned",
            "from_on",
            postgresql_where=text("carried_out_at IS NULL AND cancelled_at IS NULL AND refused IS NULL"),
        ),
        CheckConstraint("carried_out_at IS NULL OR (cancelled_at IS NULL AND refused IS NULL)", name="one_end"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    kind: Mapped[ChangeKind] = mapped_column(one_of(ChangeKind, 8))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    other_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    from_on: Mapped[date]
    reason: Mapped[str] = mapped_column(String(200))
    wanted: Mapped[dict[str, Any]]
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any] | None]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    post_id: Mapped[int | None] = mapped_column(ForeignKey("post.id"))
    made_at: Mapped[datetime]
    carried_out_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    refused: Mapped[str | None] = mapped_column(String(300))

    unit: Mapped[Unit | None] = relationship(foreign_keys=[unit_id])
    other: Mapped[Unit | None] = relationship(foreign_keys=[other_id])
    person: Mapped[Person] = relationship()
    post: Mapped[Post | None] = relationship()

    @property
    def planned(self) -> bool:
        """Its day has not come, and nobody has cancelled it."""
        return self.carried_out_at is None and self.cancelled_at is None and self.refused is None


class UnitWord(OfCity, Model):
    """One tail of a unit's name, short name, code or pinyin: what begins with the words typed is a range of an index that
    row-level security lets be used. `place` orders what is found: level (0 to 3), + 4 inside a word, + 8 an organ,
    + 16 retired. Kept by triggers on `unit`; `flask network words` makes all of them anew."""

    __tablename__ = "unit_word"
    __table_args__ = (Index("ix_unit_word_tail", "city_id", "place", "tail", "unit_id"),)

    # No foreign keys: the triggers write the rows of a unit that is there, and a check for each would double their cost.
    city_id: Mapped[int] = mapped_column(server_default=text("current_setting('app.city')::integer"))  # type: ignore[assignment]
    unit_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    tail: Mapped[str] = mapped_column(String(80, collation="C"), primary_key=True)
    place: Mapped[int] = mapped_column(SmallInteger)


INNER, ORGAN, RETIRED = 4, 8, 16
