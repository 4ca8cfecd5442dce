"""What is written on a matter: the entries of its course, its report with each draft as submitted, attached files."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, String, UniqueConstraint
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
    paper_id: Mapped[UUID | None] = mapped_column(ForeignKey("paper.id"))

    words: str | None = Word()
    facts: dict[str, Any] | None = Word()

    person: Mapped[Person | None] = relationship()

    @classmethod
    def also_seen(cls) -> Any:
        """A co-unit sees that it was assigned and closed, not notes and progress."""
        return View.PART, cls.kind.in_(("assign", "close", "withdraw", "new_round"))


class Paper(Sealable, Guarded, OfCity, Model):
    """文稿: what is drafted, signed, issued, numbered and kept; a matter's is 报结材料, which asks for its closure. `draft`
    counts 第n稿 within record and kind; `signed` says that it goes out on signatures alone, settled when it is begun."""

    __tablename__ = "paper"
    sealed_as = "report"  # its name when its first words were sealed
    __table_args__ = (
        of_sealed_record(),
        UniqueConstraint("record_id", "kind", "draft"),
        UniqueConstraint("id", "signed"),
        CheckConstraint("signed OR kind <> 'closing_report'", name="closing_report_is_signed"),
    )

    record_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(String(16), default="closing_report")
    draft: Mapped[int] = mapped_column(default=1)
    signed: Mapped[bool]
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
    """送签稿: a paper exactly as it was submitted; what the signatures of that sign-off, whose id it shares, bind, and what
    a later draft is compared with. Append-only."""

    __tablename__ = "submission"
    __table_args__ = (
        of_sealed_record(goes_with_it=False),
        Index("ix_submission_record", "record_id"),
    )

    id: Mapped[UUID] = mapped_column("sign_off_id", ForeignKey("sign_off.id"), primary_key=True)
    record_id: Mapped[UUID]
    generation: Mapped[int]
    draft: Mapped[int]
    submitted_at: Mapped[datetime]

    fields: dict[str, Any] = Word()


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
