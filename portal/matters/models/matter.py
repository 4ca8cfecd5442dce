"""A matter in two guarded records: its shell (number, unit, dates, state), and its content.

For an open matter both are read by the same people; for a confidential one the content is read by its audience alone
and the handler is named nowhere in the shell. Beside them the units that help, and what a search looks in.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from uuid import UUID

from flask_babel import LazyString
from sqlalchemy import CheckConstraint, Computed, ForeignKey, ForeignKeyConstraint, Index, Integer, String, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, TEXT
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from portal.access.models import View, of_sealed_record
from portal.access.record import Record
from portal.access.visibility import Guarded
from portal.deadlines.rules import SourceLevel, Urgency
from portal.identity.models import Person
from portal.kernel import clock
from portal.kernel.db import Model, OfCity, one_of
from portal.kernel.language import _l
from portal.matters.models.terms import Clock
from portal.network.models import Post, Unit
from portal.vault.encrypted_fields import Sealable, Word


class State(StrEnum):
    """Where a matter stands. Only `workflow.engine` writes it."""

    REGISTERED = "registered"
    ASSIGNED = "assigned"
    ACKNOWLEDGED = "acknowledged"
    IN_PROGRESS = "in_progress"
    IN_SIGN_OFF = "in_sign_off"
    UNDER_REVIEW = "under_review"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"

    @property
    def label(self) -> LazyString:
        return _STATE_LABELS[self]


_STATE_LABELS = {
    State.REGISTERED: _l("待交办"),
    State.ASSIGNED: _l("待签收"),
    State.ACKNOWLEDGED: _l("已签收"),
    State.IN_PROGRESS: _l("办理中"),
    State.IN_SIGN_OFF: _l("报结签批中"),
    State.UNDER_REVIEW: _l("待审核"),
    State.CLOSED: _l("已办结"),
    State.WITHDRAWN: _l("已撤销"),
}
ENDED = (State.CLOSED, State.WITHDRAWN)


class Matter(Guarded, OfCity, Model):
    """督查事项: the shell of anything that is assigned, has a deadline and must be closed."""

    __tablename__ = "matter"
    __table_args__ = (
        UniqueConstraint("city_id", "id"),
        ForeignKeyConstraint(["city_id", "id", "confidential"], ["record.city_id", "record.id", "record.confidential"]),
        ForeignKeyConstraint(["city_id", "parent_id"], ["matter.city_id", "matter.id"]),
        ForeignKeyConstraint(["city_id", "previous_id"], ["matter.city_id", "matter.id"]),
        Index("ix_matter_parent", "parent_id", postgresql_where=text("parent_id IS NOT NULL")),
        Index("ix_matter_previous", "previous_id", postgresql_where=text("previous_id IS NOT NULL")),
        Index("ix_matter_lead", "lead_unit_id", "due_on"),
        Index(
            "ix_matter_lead_open",
            "lead_unit_id",
            "due_on",
            postgresql_where=text("state NOT IN ('closed', 'withdrawn')"),
        ),
        CheckConstraint("NOT (confidential AND parent_id IS NOT NULL)", name="confidential_is_no_child"),
    )
    record_keys = ("id",)
    view_needed = View.SHELL

    id: Mapped[UUID] = mapped_column(primary_key=True)
    paper_number: Mapped[str | None] = mapped_column(String(20))
    confidential: Mapped[bool] = mapped_column(default=False)
    source_level: Mapped[SourceLevel] = mapped_column(one_of(SourceLevel, 10))
    urgency: Mapped[Urgency] = mapped_column(one_of(Urgency, 10))
    instructed_on: Mapped[date]
    received_on: Mapped[date]
    lead_unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    lead_unit_name: Mapped[str | None] = mapped_column(String(80))
    supervising_unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    supervised_by_office: Mapped[bool] = mapped_column(default=True)
    state: Mapped[State] = mapped_column(one_of(State, 16), default=State.REGISTERED)
    version: Mapped[int] = mapped_column(Integer, default=1)
    round: Mapped[int] = mapped_column(Integer, default=1)
    previous_id: Mapped[UUID | None]
    parent_id: Mapped[UUID | None]
    assigned_at: Mapped[datetime | None]
    assigned_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    acknowledged_at: Mapped[datetime | None]
    issued_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    original_due_on: Mapped[date]
    due_on: Mapped[date]
    given_due_on: Mapped[date | None]
    extension_pending: Mapped[bool] = mapped_column(default=False)
    declined: Mapped[bool] = mapped_column(default=False)
    returns: Mapped[int] = mapped_column(Integer, default=0)
    urges: Mapped[int] = mapped_column(Integer, default=0)

    # One key, so whoever may see the one may see the other: loaded with it, in the same statement. By an outer join, because
    # the matter itself may be one that a page only asks for where there is one.
    record: Mapped[Record] = relationship(
        primaryjoin=lambda: Matter.id == foreign(Record.id), uselist=False, lazy="joined", viewonly=True
    )
    lead_unit: Mapped[Unit | None] = relationship(foreign_keys=[lead_unit_id])
    supervising_unit: Mapped[Unit] = relationship(foreign_keys=[supervising_unit_id])
    registering_unit: Mapped[Unit] = relationship(
        secondary="record",
        primaryjoin=lambda: Matter.id == Record.id,
        secondaryjoin=lambda: Record.unit_id == Unit.id,
        viewonly=True,
        uselist=False,
    )
    content: Mapped[Content | None] = relationship(
        primaryjoin=lambda: Matter.id == foreign(Content.record_id), back_populates="matter", uselist=False, viewonly=True
    )

    if TYPE_CHECKING:  # what `queries.one` finds around it; not columns
        step_now: Any
        readers: frozenset[int] | None  # the principals of its viewer rows, once they were written anew
        registering_name: str | None
        co_unit_ids: tuple[int, ...]
        co_units: list[CoUnit]
        closing: Clock | None
        feedback: Clock | None
    else:
        step_now = None
        readers = None
        registering_name = None
        co_unit_ids = ()

    @property
    def kind(self) -> str:
        """Which kind of record it is."""
        return self.record.kind

    @property
    def number(self) -> str:
        """Under which it stands in the register."""
        return self.record.number or ""

    @property
    def registering_unit_id(self) -> int:
        """In whose register it stands."""
        return self.record.unit_id

    @property
    def registered_at(self) -> datetime:
        """When it came into the register."""
        return self.record.created_at

    @property
    def registered_by_id(self) -> int:
        """Who registered it."""
        return self.record.created_by_id

    @property
    def open(self) -> bool:
        """Neither closed nor withdrawn."""
        return self.state not in ENDED

    @property
    def in_time(self) -> bool | None:
        """Whether the report that stands was issued before the deadline as it is now; None where none stands, and where
        that hangs on an extension that was asked in time and is not decided."""
        if self.issued_at is None or self.state not in (State.UNDER_REVIEW, State.CLOSED):
            return None
        return self.issued_at < clock.end_of(self.due_on) or (None if self.extension_pending else False)

    def __repr__(self) -> str:
        return f"<Matter {self.id}>"


class Content(Sealable, Guarded, OfCity, Model):
    """The words of a record, and who handles it: of an instruction what the leader wrote, and about what."""

    __tablename__ = "content"
    __table_args__ = (
        of_sealed_record(),
        Index("ix_content_handler_post", "handler_post_id", postgresql_where=text("handler_post_id IS NOT NULL")),
        Index("ix_content_reviewer", "reviewer_id", postgresql_where=text("confidential")),
        Index("ix_content_fingerprint", "city_id", "fingerprint"),
        Index("ix_content_document", "city_id", "document_folded", postgresql_where=text("document_folded IS NOT NULL")),
    )
    view_needed = View.PART
    sealed_as = "matter_content"  # its name when its first words were sealed

    record_id: Mapped[UUID] = mapped_column(unique=True)
    leader_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    handler_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    handler_post_id: Mapped[int | None] = mapped_column(ForeignKey("post.id"))
    reviewer_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    parts: Mapped[list[str]] = mapped_column(ARRAY(TEXT), default=list)
    fingerprint: Mapped[str | None] = mapped_column(String(64))  # by what its paper is recognised: `matters.sameness`
    document_folded: Mapped[str | None] = mapped_column(TEXT, Computed("folded(plain ->> 'document_number')", persisted=True))

    title: str = Word()
    text: str = Word()
    leader: str = Word()
    document_number: str | None = Word()
    requirement: str | None = Word()

    matter: Mapped[Matter] = relationship(
        primaryjoin=lambda: foreign(Content.record_id) == Matter.id, back_populates="content", viewonly=True
    )
    handler: Mapped[Person | None] = relationship(foreign_keys=[handler_id])
    handler_post: Mapped[Post | None] = relationship()
    linked_leader: Mapped[Person | None] = relationship(foreign_keys=[leader_id])

    def has(self, part: str) -> bool:
        """Whether there are rows of this part (co_unit, child, attachment, extension, report), so that a page asks
        only for what is there; and whether the number is void."""
        return part in (self.parts or ())

    def mark(self, part: str) -> None:
        """From now on there are such rows."""
        if not self.has(part):
            self.parts = [*(self.parts or ()), part]


class SearchEntry(OfCity, Model):
    """What a search looks in first: pairs of neighbouring characters of the shell's number and unit, and of an open
    content's words. The portal's role writes it and cannot read it: it asks the function `records_holding`."""

    __tablename__ = "search_entry"
    __table_args__ = (
        of_sealed_record(),
        Index("ix_search_entry_grams", "grams", postgresql_using="gin", postgresql_with={"fastupdate": "off"}),
        CheckConstraint("part = 'shell' OR NOT confidential", name="nothing_confidential"),
    )

    record_id: Mapped[UUID] = mapped_column(primary_key=True)
    part: Mapped[str] = mapped_column(String(5), primary_key=True)
    confidential: Mapped[bool]
    grams: Mapped[list[str]] = mapped_column(ARRAY(TEXT))


class CoUnit(Guarded, OfCity, Model):
    """协办单位: helps the lead unit. A confidential matter has none."""

    __tablename__ = "co_unit"
    __table_args__ = (
        ForeignKeyConstraint(["city_id", "matter_id"], ["matter.city_id", "matter.id"], ondelete="CASCADE"),
        Index("ix_co_unit_unit", "unit_id"),
        Index("ix_co_unit_handler", "handler_id", postgresql_where=text("handler_id IS NOT NULL")),
    )
    record_keys = ("matter_id",)
    view_needed = View.PART

    matter_id: Mapped[UUID] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), primary_key=True)
    unit_name: Mapped[str] = mapped_column(String(80))
    task: Mapped[str | None] = mapped_column(String(500))
    countersigns: Mapped[bool] = mapped_column(default=False)
    handler_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))

    unit: Mapped[Unit] = relationship()
