"""What is written on a matter: the entries of its course, attached files."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.access.models import View, of_sealed_record
from portal.access.roles import Role
from portal.access.visibility import Guarded
from portal.identity.models import Person
from portal.kernel.db import Model, OfCity, one_of
from portal.vault.encrypted_fields import Sealable, Word


class Entry(Sealable, Guarded, OfCity, Model):
    """办理经过: one dated act with its words. Progress is an entry of kind `progress`."""

    __tablename__ = "entry"
    __table_args__ = (
        of_sealed_record(),
        Index("ix_entry_record", "record_id", "sequence"),
    )

    record_id: Mapped[UUID]
    sequence: Mapped[int] = mapped_column(BigInteger, Identity())
    kind: Mapped[str] = mapped_column(String(24))
    at: Mapped[datetime]
    version: Mapped[int]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    role: Mapped[Role | None] = mapped_column(one_of(Role, 24))
    unit_name: Mapped[str | None] = mapped_column(String(80))
    delegation_id: Mapped[int | None] = mapped_column(ForeignKey("delegation.id"))
    first_feedback: Mapped[bool] = mapped_column(default=False)
    paper_id: Mapped[UUID | None] = mapped_column(ForeignKey("paper.id"))

    words: str | None = Word()
    facts: dict[str, Any] | None = Word()

    person: Mapped[Person | None] = relationship()

    @classmethod
    def also_seen(cls) -> Any:
        """A co-unit sees that it was assigned and closed, not notes and progress."""
        return View.PART, cls.kind.in_(("assign", "close", "withdraw", "new_round"))


class Attachment(Sealable, Guarded, OfCity, Model):
    """A file with the matter itself (`paper_id` empty) or with a paper. Its name is content; the stored file is
    encrypted under a random name."""

    __tablename__ = "attachment"
    __table_args__ = (
        of_sealed_record(),
        Index("ix_attachment_record", "record_id"),
    )

    record_id: Mapped[UUID]
    paper_id: Mapped[UUID | None] = mapped_column(ForeignKey("paper.id", ondelete="CASCADE"))
    stored_name: Mapped[str] = mapped_column(String(80))
    size: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    media_type: Mapped[str] = mapped_column(String(80))
    added_at: Mapped[datetime]
    added_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))

    name: str = Word()

    @classmethod
    def also_seen(cls) -> Any:
        """A co-unit sees the instruction's own papers."""
        return View.PART, cls.paper_id.is_(None)
