"""Units: the tree that reach comes from. `path` is the way from the city's root down to the unit."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import ClassVar

from flask_babel import LazyString
from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, Integer, String, UniqueConstraint, exists, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, MappedSQLExpression, aliased, column_property, mapped_column, relationship

from portal.kernel.db import Model, OfCity
from portal.kernel.language import _l


class Kind(StrEnum):
    """What a unit is."""

    PARTY_COMMITTEE = "party_committee"
    GOVERNMENT = "government"
    GENERAL_OFFICE = "general_office"
    SUPERVISION_OFFICE = "supervision_office"
    INFORMATION_SECTION = "information_section"
    DUTY_OFFICE = "duty_office"
    SECRETARIAT_OFFICE = "secretariat_office"
    DEPARTMENT = "department"
    TOWNSHIP = "township"
    VILLAGE = "village"
    REPORTING_POINT = "reporting_point"

    @property
    def label(self) -> LazyString:
        return _KIND_LABELS[self]


_KIND_LABELS = {
    Kind.PARTY_COMMITTEE: _l("党委"),
    Kind.GOVERNMENT: _l("政府"),
    Kind.GENERAL_OFFICE: _l("办公室"),
    Kind.SUPERVISION_OFFICE: _l("督查室"),
    Kind.INFORMATION_SECTION: _l("信息处(科)"),
    Kind.DUTY_OFFICE: _l("总值班室"),
    Kind.SECRETARIAT_OFFICE: _l("秘书处(科)"),
    Kind.DEPARTMENT: _l("部门"),
    Kind.TOWNSHIP: _l("乡镇(街道)"),
    Kind.VILLAGE: _l("村(社区)"),
    Kind.REPORTING_POINT: _l("信息直报点"),
}

ORGANS = frozenset(
    {Kind.GENERAL_OFFICE, Kind.SUPERVISION_OFFICE, Kind.INFORMATION_SECTION, Kind.DUTY_OFFICE, Kind.SECRETARIAT_OFFICE}
)


class Level(StrEnum):
    """The level of the state that a unit belongs to."""

    CITY = "city"
    COUNTY = "county"
    TOWNSHIP = "township"
    VILLAGE = "village"

    @property
    def label(self) -> LazyString:
        return _LEVEL_LABELS[self]

    @property
    def depth(self) -> int:
        """0 for the city, growing downwards."""
        return list(Level).index(self)


_LEVEL_LABELS = {
    Level.CITY: _l("市"),
    Level.COUNTY: _l("县(市、区)"),
    Level.TOWNSHIP: _l("乡镇(街道)"),
    Level.VILLAGE: _l("村(社区)"),
}


class Unit(OfCity, Model):
    """A node of the city's tree. An organ (`ORGANS`) acts for its parent and is never lead or co-unit. `heir_id` of one that
    is no more: the unit that exists today and took over, be it by way of others."""

    __tablename__ = "unit"
    __table_args__ = (
        UniqueConstraint("city_id", "code"),
        Index("ix_unit_parent", "parent_id"),
        Index("ix_unit_path", "path", postgresql_using="gin"),
        Index("ix_unit_heir", "heir_id", postgresql_where=text("heir_id IS NOT NULL")),
        CheckConstraint("heir_id IS NULL OR (retired_on IS NOT NULL AND heir_id <> id)", name="heir"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    code: Mapped[str] = mapped_column(String(30))
    name: Mapped[str] = mapped_column(String(80))
    short_name: Mapped[str] = mapped_column(String(60))
    official_name: Mapped[str | None] = mapped_column(String(120))
    document_prefix: Mapped[str | None] = mapped_column(String(20))
    level: Mapped[str] = mapped_column(String(12))
    kind: Mapped[str] = mapped_column(String(24))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    path: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    pinyin: Mapped[str] = mapped_column(String(300), default="")
    founded_on: Mapped[date | None]
    retired_on: Mapped[date | None]
    heir_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    version: Mapped[int] = mapped_column(Integer, default=1, server_default=text("1"))

    has_below: ClassVar[MappedSQLExpression[bool]]
    heir: Mapped[Unit | None] = relationship(foreign_keys=[heir_id], remote_side=[id], lazy="raise_on_sql")

    @property
    def is_organ(self) -> bool:
        """Acts for its parent."""
        return self.kind in ORGANS

    @property
    def acts_for_id(self) -> int:
        """The unit whose business its posts do."""
        return self.parent_id if self.is_organ and self.parent_id else self.id

    @property
    def keeper_id(self) -> int:
        """The unit that keeps its register: the heir of one that is no more, else itself."""
        return self.heir_id or self.id

    def __repr__(self) -> str:
        return f"<Unit {self.code}>"


_below = aliased(Unit)
# Whether a unit stands below that could lead a matter; loaded where it is asked for.
Unit.has_below = column_property(
    exists().where(_below.parent_id == Unit.id, _below.kind.not_in(ORGANS), _below.retired_on.is_(None)), deferred=True
)
