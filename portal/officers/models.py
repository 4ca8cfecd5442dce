"""An act that takes two officers, from its proposal on; and when each city was last swept, by which clock."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.identity.models import Person
from portal.kernel.db import Model, OfCity


class SensitiveAct(OfCity, Model):
    """What one officer proposes and another decides. `person` is whom it is about, if anybody; `facts` hold what else it
    takes. Where it is about an officer, somebody outside the three agrees first: `outside_by`. The database refuses that the
    proposer, or whom it is about, decides, and that any two of the three are one person."""

    __tablename__ = "sensitive_act"
    __table_args__ = (
        CheckConstraint("decided_by_id IS NULL OR decided_by_id <> proposed_by_id", name="two_persons"),
        CheckConstraint("decided_by_id IS NULL OR person_id IS NULL OR decided_by_id <> person_id", name="not_about_himself"),
        CheckConstraint(
            "outside_by_id IS NULL OR (outside_by_id <> proposed_by_id AND outside_by_id IS DISTINCT FROM decided_by_id"
            " AND outside_by_id IS DISTINCT FROM person_id)",
            name="outsider",
        ),
        CheckConstraint("(outcome IN ('carried_out', 'refused')) = (decided_by_id IS NOT NULL) OR outcome IS NULL", name="decided"),
        CheckConstraint("(outcome IS NULL) = (ended_at IS NULL)", name="ended"),
        CheckConstraint("outcome IS NOT NULL OR decided_by_id IS NULL", name="undecided"),
        Index(
            "uq_sensitive_act_waiting",
            "city_id",
            "kind",
            text("coalesce(person_id, 0)"),
            unique=True,
            postgresql_where=text("outcome IS NULL"),
        ),
        Index("ix_sensitive_act_city", "city_id", "proposed_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    kind: Mapped[str] = mapped_column(String(24))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    facts: Mapped[dict[str, Any]]
    reason: Mapped[str] = mapped_column(String(200))
    proposed_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    proposed_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    outside_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    outside_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(String(12))

    person: Mapped[Person | None] = relationship(foreign_keys=[person_id])
    proposed_by: Mapped[Person] = relationship(foreign_keys=[proposed_by_id])
    outside_by: Mapped[Person | None] = relationship(foreign_keys=[outside_by_id])
    decided_by: Mapped[Person | None] = relationship(foreign_keys=[decided_by_id])


class Sweep(OfCity, Model):
    """When a city was last swept, and how long the machine had been running then (`officers.trust`). `stopped_at`: what
    the clock showed when a sweep did not believe it; nothing is swept since."""

    __tablename__ = "sweep"

    city_id: Mapped[int] = mapped_column(
        ForeignKey("city.id"), primary_key=True, server_default=text("current_setting('app.city')::integer")
    )
    swept_at: Mapped[datetime]
    boot: Mapped[str | None] = mapped_column(String(36))
    uptime: Mapped[float | None]
    stopped_at: Mapped[datetime | None]
