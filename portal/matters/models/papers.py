"""What is written on a matter: the entries of its course, its report with each draft as submitted, attached files."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, ForeignKeyConstraint, Identity, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.access.models import View, of_sealed_record
from portal.access.roles import Role
from portal.access.visibility import Guarded
from portal.identity.models import Person
from portal.kernel.db import Model, OfCity, one_of
from portal.vault.words import Sealable, Word


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
    report_id: Mapped[UUID | None] = mapped_column(ForeignKey("report.id"))

    words: str | None = Word()
    facts: dict[str, Any] | None = Word()

    person: Mapped[Person | None] = relationship()

    @classmethod
    def also_seen(cls) -> Any:
        """A co-unit sees that it was assigned and closed, not notes and progress."""
        return View.PART, cls.kind.in_(("assign", "close", "withdraw", "new_round"))


class Report(Sealable, Guarded, OfCity, Model):
    """报结材料: the formal document that asks for closure. `draft` counts 第n稿 within the matter."""

    __tablename__ = "report"
    __table_args__ = (
        of_sealed_record(),
        UniqueConstraint("record_id", "kind", "draft"),
    )

    record_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(String(16), default="closing_report")
    draft: Mapped[int] = mapped_column(default=1)
    state: Mapped[str] = mapped_column(String(12), default="draft")
    generation: Mapped[int] = mapped_column(default=0)
    saved: Mapped[int] = mapped_column(default=1)
    drafter_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    drafter_post_id: Mapped[int] = mapped_column(ForeignKey("post.id"))
    changed_at: Mapped[datetime]
    issued_at: Mapped[datetime | None]
    document_number: Mapped[str | None] = mapped_column(String(60))

    title: str = Word()
    addressee: str = Word()
    body: str = Word()
    copies: str | None = Word()
    answers: dict[str, str] | None = Word()
    issuing_name: str = Word()
    mark: str | None = Word()  # of its number, as it was submitted
    former_titles: list[str] | None = Word()  # that it had by itself, before the matter's was corrected

    drafter: Mapped[Person] = relationship()

    @classmethod
    def also_seen(cls) -> Any:
        """A co-unit reads the issued report, not drafts."""
        return View.PART, cls.issued_at.is_not(None)


class Submission(Sealable, Guarded, OfCity, Model):
    """送签稿: a report exactly as it entered one of its chains; what the signatures of that `generation` bind, and what a
    later draft is compared with. Append-only."""

    __tablename__ = "submission"
    __table_args__ = (
        of_sealed_record(goes_with_it=False),
        UniqueConstraint("report_id", "generation"),
        ForeignKeyConstraint(["report_id", "generation"], ["sign_off.report_id", "sign_off.generation"]),
        Index("ix_submission_record", "record_id"),
    )

    record_id: Mapped[UUID]
    report_id: Mapped[UUID]
    generation: Mapped[int]
    draft: Mapped[int]
    submitted_at: Mapped[datetime]

    fields: dict[str, Any] = Word()


class Attachment(Sealable, Guarded, OfCity, Model):
    """A file with the matter itself (`report_id` empty) or with a report. Its name is content; the stored file is
    encrypted under a random name."""

    __tablename__ = "attachment"
    __table_args__ = (
        of_sealed_record(),
        Index("ix_attachment_record", "record_id"),
    )

    record_id: Mapped[UUID]
    report_id: Mapped[UUID | None] = mapped_column(ForeignKey("report.id", ondelete="CASCADE"))
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
        return View.PART, cls.report_id.is_(None)
