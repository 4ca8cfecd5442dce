"""Posts that people hold, and who stands in for them."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, String, text
from sqlalchemy.dialects.postgresql import ARRAY, TEXT
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.access.roles import Role
from portal.identity.models import Person
from portal.kernel.db import Model, OfCity, one_of
from portal.network.models.units import Unit


class Post(OfCity, Model):
    """A person holding a role in a unit for a period (`to_on` exclusive). `for_unit_id` is whom the unit acts for. When
    it ends, what waited for its holder passes to `successor`, or to nobody; `settled_at` is when that was done."""

    __tablename__ = "post"
    __table_args__ = (
        Index("ix_post_person", "person_id"),
        Index("ix_post_seat", "for_unit_id", "role"),
        Index("ix_post_ended", "to_on", postgresql_where=text("to_on IS NOT NULL AND settled_at IS NULL")),
        CheckConstraint("to_on IS NULL OR to_on >= from_on", name="order"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    for_unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    role: Mapped[Role] = mapped_column(one_of(Role, 24))
    from_on: Mapped[date]
    to_on: Mapped[date | None]
    reason: Mapped[str | None] = mapped_column(String(200))
    end_reason: Mapped[str | None] = mapped_column(String(200))
    successor_id: Mapped[int | None] = mapped_column(ForeignKey("post.id"))
    settled_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship()
    unit: Mapped[Unit] = relationship(foreign_keys=[unit_id])
    for_unit: Mapped[Unit] = relationship(foreign_keys=[for_unit_id])


class Appointment(OfCity, Model):
    """Somebody is to supervise, to head an office or to lead a unit, and somebody else has not agreed yet: no post comes to be
    before. `proposed_by` is nobody where a workbook was brought in from the machine itself."""

    __tablename__ = "appointment"
    __table_args__ = (
        CheckConstraint("decided_by_id IS NULL OR decided_by_id <> person_id", name="not_about_himself"),
        CheckConstraint("proposed_by_id IS NULL OR decided_by_id IS NULL OR decided_by_id <> proposed_by_id", name="two_persons"),
        CheckConstraint("(outcome IS NULL) = (decided_at IS NULL)", name="decided"),
        CheckConstraint(
            "(outcome = 'agreed') = (post_id IS NOT NULL AND decided_by_id IS NOT NULL) OR outcome IS NULL", name="agreed"
        ),
        Index(
            "uq_appointment_waiting",
            "person_id",
            "unit_id",
            "role",
            unique=True,
            postgresql_where=text("outcome IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    role: Mapped[Role] = mapped_column(one_of(Role, 24))
    from_on: Mapped[date]
    to_on: Mapped[date | None]
    reason: Mapped[str | None] = mapped_column(String(200))
    proposed_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    proposed_at: Mapped[datetime]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(String(12))
    post_id: Mapped[int | None] = mapped_column(ForeignKey("post.id"))

    person: Mapped[Person] = relationship(foreign_keys=[person_id])
    proposed_by: Mapped[Person | None] = relationship(foreign_keys=[proposed_by_id])
    unit: Mapped[Unit] = relationship()


class Delegation(OfCity, Model):
    """A person stands in for a post for a period and for the kinds of act named in `acts` (`registry.acts.Lent`); what he
    signs says so (代). Confidential matters are covered only where `covers_confidential` names them. `set_by_id` is the
    secretary who named him for somebody suddenly away."""

    __tablename__ = "delegation"
    __table_args__ = (
        Index("ix_delegation_to", "to_person_id", "from_at"),
        CheckConstraint("to_at > from_at", name="order"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"))
    to_person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    from_at: Mapped[datetime]
    to_at: Mapped[datetime]
    covers_confidential: Mapped[bool] = mapped_column(default=False)
    acts: Mapped[list[str]] = mapped_column(ARRAY(TEXT), default=lambda: ["all"], server_default=text("'{all}'"))
    set_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    reason: Mapped[str | None] = mapped_column(String(200))
    ended_at: Mapped[datetime | None]
    made_at: Mapped[datetime]

    post: Mapped[Post] = relationship()
    to_person: Mapped[Person] = relationship(foreign_keys=[to_person_id])


class Absence(OfCity, Model):
    """A person is away from, to (`last_on` inclusive): said where a new deadline falls into it; changes no right."""

    __tablename__ = "absence"
    __table_args__ = (
        Index("ix_absence_person", "person_id", "last_on"),
        CheckConstraint("last_on >= from_on", name="order"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    from_on: Mapped[date]
    last_on: Mapped[date]
    note: Mapped[str | None] = mapped_column(String(60))
    made_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship()
