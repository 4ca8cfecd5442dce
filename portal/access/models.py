"""The derived index of who sees what, and the audience of what is confidential.

Viewer rows follow from `matters.readers.readers_of`; `flask viewers rebuild` makes them anew at any time. The audience
is a relation of its own: persons, each with the cause that admitted him and the time that removed him.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import IntEnum
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    SmallInteger,
    String,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from portal.kernel.db import Model, OfCity


class View(IntEnum):
    """How much of a matter a principal sees: the shell; what a co-unit sees; the content."""

    SHELL = 0
    PART = 1
    CONTENT = 2


def of_record(*, goes_with_it: bool = True) -> ForeignKeyConstraint:
    """The constraint of a table whose rows belong to a record of their own city, and go with it unless it says otherwise."""
    return ForeignKeyConstraint(
        ["city_id", "record_id"], ["record.city_id", "record.id"], ondelete="CASCADE" if goes_with_it else None
    )


def of_sealed_record(*, goes_with_it: bool = True) -> ForeignKeyConstraint:
    """The same of a table that may be sealed: its rows are confidential where their record is, and only there."""
    return ForeignKeyConstraint(
        ["city_id", "record_id", "confidential"],
        ["record.city_id", "record.id", "record.confidential"],
        ondelete="CASCADE" if goes_with_it else None,
    )


_COVERED = ["city_id", "state", "rank", "unit_id", "flag", "until"]


class Viewer(OfCity, Model):
    """One principal may see one record. `task` is what the record waits for from them, if anything; `open`, `stopped`
    (nothing gets later: it is issued, ended, or an extension is asked), the days and what lists are filtered by are copied so
    that a reader's list is one scan of one index. `due_on` is the day that counts for this reader, 9999-12-31 where there is
    none; `begun_on` that of its receipt or opening; `unit_id` whose it is to handle; `rank` (of an instruction its level) and
    `flag` (that it was returned) mean what the kind says. The indexes cover what row-level security reads too, or every row
    would be fetched for its city."""

    __tablename__ = "viewer"
    __table_args__ = (
        of_record(),
        Index(
            "ix_viewer_work",
            "principal",
            "kind",
            "open",
            "stopped",
            "due_on",
            "record_id",
            postgresql_include=[*_COVERED, "task"],
        ),
        Index("ix_viewer_begun", "principal", "kind", "begun_on", "record_id", postgresql_include=[*_COVERED, "task"]),
        Index(
            "ix_viewer_task",
            "principal",
            "task",
            "due_on",
            "record_id",
            postgresql_where=text("task IS NOT NULL"),
            postgresql_include=[*_COVERED, "kind", "open", "stopped"],
        ),
        Index("ix_viewer_until", "until", postgresql_where=text("until IS NOT NULL")),
    )

    record_id: Mapped[UUID] = mapped_column(primary_key=True)
    principal: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    kind: Mapped[str] = mapped_column(String(24))
    view: Mapped[int] = mapped_column(SmallInteger)
    task: Mapped[str | None] = mapped_column(String(24))
    state: Mapped[str] = mapped_column(String(16))
    open: Mapped[bool]
    stopped: Mapped[bool]
    due_on: Mapped[date]
    begun_on: Mapped[date]
    rank: Mapped[int] = mapped_column(SmallInteger)
    unit_id: Mapped[int | None]
    flag: Mapped[bool]
    until: Mapped[datetime | None]


class Audience(OfCity, Model):
    """One person may read one confidential matter's content, because of `cause`, from, to."""

    __tablename__ = "audience"
    __table_args__ = (
        of_record(),
        CheckConstraint("to_at IS NULL OR to_at >= from_at", name="order"),
        Index("ix_audience_now", "record_id", "person_id", postgresql_where=text("to_at IS NULL")),
        Index("ix_audience_person", "person_id", "record_id"),
        Index("ix_audience_office", "record_id", postgresql_where=text("to_at IS NULL AND cause IN ('registrar', 'reviewer')")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    record_id: Mapped[UUID]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    cause: Mapped[str] = mapped_column(String(24))
    note: Mapped[str | None] = mapped_column(String(200))
    from_at: Mapped[datetime]
    to_at: Mapped[datetime | None]
