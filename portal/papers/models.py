"""Papers, and their sign-off held by the database itself.

A sign-off is one submission of one paper (its `generation`). Its steps are copied from the chain's shape; who may sign
a step is written down when the step is reached. A signature has a generated previous-step column with a foreign key to
that step's signature, so no step is skipped or disordered; unique keys refuse a second one, of the step and of the person;
a check refuses the drafter; foreign keys refuse a stranger and any text but the submitted one. The issue of a paper that
needs signing needs the last step's signature, in a sign-off of that paper. A trigger refuses a signature in a sign-off that
has ended, and another keeps it ended.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Computed,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.access.models import View, of_record, of_sealed_record
from portal.access.roles import Role
from portal.access.visibility import Guarded
from portal.identity.models import Person
from portal.kernel.db import Model, OfCity, one_of
from portal.network.models import Delegation, Post, Unit
from portal.vault.encrypted_fields import Sealable, Word


class Paper(Sealable, Guarded, OfCity, Model):
    """文稿: what is drafted, signed, issued, numbered and kept. `draft` counts 第n稿 within record and kind; `signed` says that
    it goes out on signatures alone, settled when it is begun."""

    __tablename__ = "paper"
    sealed_as = "report"  # its name when its first words were sealed
    __table_args__ = (
        of_sealed_record(),
        UniqueConstraint("record_id", "kind", "draft"),
        UniqueConstraint("id", "signed"),
        CheckConstraint("signed OR kind <> 'closing_report'", name="closing_report_is_signed"),
    )

    record_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(String(16))
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


class SignOff(Guarded, OfCity, Model):
    """One submission: who drafted, how many steps, and the digest of exactly what is to be signed."""

    __tablename__ = "sign_off"
    __table_args__ = (
        of_record(),
        UniqueConstraint("paper_id", "generation"),
        UniqueConstraint("id", "drafter_id"),
        UniqueConstraint("id", "digest", name="uq_sign_off_digest"),
        UniqueConstraint("id", "paper_id", "last_step", name="uq_sign_off_last_step"),
        CheckConstraint("last_step > 0", name="steps"),
        Index("ix_sign_off_running", "record_id", postgresql_where=text("ended_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    paper_id: Mapped[UUID] = mapped_column(ForeignKey("paper.id", ondelete="CASCADE"))
    generation: Mapped[int]
    record_id: Mapped[UUID] = mapped_column(index=True)
    drafter_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    drafter_post_id: Mapped[int] = mapped_column(ForeignKey("post.id"))
    last_step: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    submitted_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    drafter_post: Mapped[Post] = relationship(lazy="joined", innerjoin=True)

    @property
    def drafters(self) -> frozenset[int]:
        """Who drafted it: whoever submitted it and, where he stood in, the holder of the handler's post."""
        return frozenset({self.drafter_id, self.drafter_post.person_id})


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


class Step(Guarded, OfCity, Model):
    """One step of one sign-off: `kind` (check, endorse, countersign, issue), the seat, and since when it waits there."""

    __tablename__ = "step"
    __table_args__ = (
        of_record(),
        Index("ix_step_record", "record_id"),
    )

    sign_off_id: Mapped[UUID] = mapped_column(ForeignKey("sign_off.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    record_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(String(12))
    role: Mapped[Role] = mapped_column(one_of(Role, 24))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    named_person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    reached_at: Mapped[datetime | None]
    vacant: Mapped[bool] = mapped_column(default=False)

    unit: Mapped[Unit] = relationship()


class Signer(Guarded, OfCity, Model):
    """A person who may sign a step: the seat's holder, or who stands in for him."""

    __tablename__ = "signer"
    __table_args__ = (
        of_record(),
        ForeignKeyConstraint(["sign_off_id", "step"], ["step.sign_off_id", "step.number"], ondelete="CASCADE"),
        Index("ix_signer_record", "record_id"),
    )

    sign_off_id: Mapped[UUID] = mapped_column(primary_key=True)
    step: Mapped[int] = mapped_column(Integer, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    record_id: Mapped[UUID]
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"))
    delegation_id: Mapped[int | None] = mapped_column(ForeignKey("delegation.id"))

    person: Mapped[Person] = relationship()
    post: Mapped[Post] = relationship()
    delegation: Mapped[Delegation | None] = relationship()


class Signature(Guarded, OfCity, Model):
    """One signature. Append-only."""

    __tablename__ = "signature"
    __table_args__ = (
        of_record(goes_with_it=False),
        UniqueConstraint("sign_off_id", "step"),
        UniqueConstraint("sign_off_id", "person_id"),
        CheckConstraint("step > 0", name="step"),
        CheckConstraint("person_id <> drafter_id", name="not_the_drafter"),
        ForeignKeyConstraint(
            ["sign_off_id", "previous_step"],
            ["signature.sign_off_id", "signature.step"],
            name="fk_signature_previous_step",
        ),
        ForeignKeyConstraint(
            ["sign_off_id", "step", "person_id"],
            ["signer.sign_off_id", "signer.step", "signer.person_id"],
            name="fk_signature_signer",
        ),
        ForeignKeyConstraint(["sign_off_id", "drafter_id"], ["sign_off.id", "sign_off.drafter_id"], name="fk_signature_drafter"),
        ForeignKeyConstraint(["sign_off_id", "digest"], ["sign_off.id", "sign_off.digest"], name="fk_signature_digest"),
        Index("ix_signature_record", "record_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    sign_off_id: Mapped[UUID]
    step: Mapped[int]
    previous_step: Mapped[int | None] = mapped_column(Integer, Computed("nullif(step - 1, 0)", persisted=True))
    record_id: Mapped[UUID]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"))
    delegation_id: Mapped[int | None] = mapped_column(ForeignKey("delegation.id"))
    drafter_id: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    authentication: Mapped[str] = mapped_column(String(16))
    signed_at: Mapped[datetime]

    person: Mapped[Person] = relationship()
    delegation: Mapped[Delegation | None] = relationship()

    if TYPE_CHECKING:  # the name that the step's unit bore when it was signed, found by the query; not a column
        unit_name: str


class Issue(Guarded, OfCity, Model):
    """A paper went out, once: one that needs signing only on the last step's signature. The number, where it has one, is
    of a series and its own. Append-only."""

    __tablename__ = "issue"
    __table_args__ = (
        of_record(goes_with_it=False),
        UniqueConstraint("city_id", "unit_id", "series", "year", "number"),
        CheckConstraint("signed = (sign_off_id IS NOT NULL) AND signed = (step IS NOT NULL)", name="signed"),
        CheckConstraint("num_nulls(series, year, number) IN (0, 3)", name="numbered"),
        ForeignKeyConstraint(["paper_id", "signed"], ["paper.id", "paper.signed"], name="fk_issue_paper"),
        ForeignKeyConstraint(["sign_off_id", "step"], ["signature.sign_off_id", "signature.step"], name="fk_issue_signature"),
        ForeignKeyConstraint(
            ["sign_off_id", "paper_id", "step"],
            ["sign_off.id", "sign_off.paper_id", "sign_off.last_step"],
            name="fk_issue_last_step",
        ),
        Index("ix_issue_record", "record_id"),
    )

    paper_id: Mapped[UUID] = mapped_column(primary_key=True)
    signed: Mapped[bool]
    sign_off_id: Mapped[UUID | None]
    step: Mapped[int | None]
    record_id: Mapped[UUID]
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    series: Mapped[str | None] = mapped_column(String(40))
    year: Mapped[int | None]
    number: Mapped[int | None]
    issued_at: Mapped[datetime]
