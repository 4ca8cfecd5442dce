"""The times of a matter: the terms that run, the dated facts of its shell, the extensions asked for."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.access.models import View, of_record, of_sealed_record
from portal.access.visibility import Guarded
from portal.kernel.db import Model, OfCity
from portal.network.models import Unit
from portal.vault.encrypted_fields import Sealable, Word


class Clock(Guarded, OfCity, Model):
    """A running term: closing, first feedback, or acknowledgement. `generation` changes when its end is moved; `why`
    says how the date came about. It keeps the versions of the city's rules and ladder that it began with."""

    __tablename__ = "clock"
    __table_args__ = (
        of_record(),
        UniqueConstraint("record_id", "kind"),
    )
    view_needed = View.SHELL

    id: Mapped[int] = mapped_column(primary_key=True)
    record_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(String(16))
    generation: Mapped[int] = mapped_column(default=1)
    generation_at: Mapped[datetime]
    original_due_on: Mapped[date]
    due_on: Mapped[date]
    due_at: Mapped[datetime]
    stopped_at: Mapped[datetime | None]
    why: Mapped[list[Any]]
    rules_version: Mapped[int] = mapped_column(default=1, server_default="1")
    ladder_version: Mapped[int] = mapped_column(default=1, server_default="1")


class Milestone(Guarded, OfCity, Model):
    """A dated fact of the shell: what happened, without who or what."""

    __tablename__ = "milestone"
    __table_args__ = (
        of_record(),
        Index("ix_milestone_record", "record_id", "at"),
    )
    view_needed = View.SHELL

    id: Mapped[int] = mapped_column(primary_key=True)
    record_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(String(24))
    at: Mapped[datetime]
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))

    unit: Mapped[Unit | None] = relationship()


class Extension(Sealable, Guarded, OfCity, Model):
    """延期: asked before the deadline, decided by the supervision head of the unit that assigned. As it was granted it stays
    granted: `granted_until` which day, by the post `granted_as`. A request that ended undecided (the matter went to another
    unit, or was withdrawn) is neither granted nor refused."""

    __tablename__ = "extension"
    __table_args__ = (
        of_sealed_record(),
        Index("ix_extension_pending", "record_id", unique=True, postgresql_where=text("decided_at IS NULL")),
        CheckConstraint("granted IS NOT TRUE OR (granted_until IS NOT NULL AND granted_as IS NOT NULL)", name="granted"),
    )

    record_id: Mapped[UUID] = mapped_column(index=True)
    asked_at: Mapped[datetime]
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    until: Mapped[date]
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    granted: Mapped[bool | None]
    granted_until: Mapped[date | None]
    granted_as: Mapped[str | None] = mapped_column(String(160))

    reason: str = Word()
    progress: str = Word()
    decision: str | None = Word()
