"""What an errand has beside a matter: where it is to be done."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.access.models import View
from portal.access.visibility import Guarded
from portal.kernel.db import Model, OfCity


class Errand(Guarded, OfCity, Model):
    """An errand shares its matter's key."""

    __tablename__ = "errand"
    __table_args__ = (ForeignKeyConstraint(["city_id", "id"], ["matter.city_id", "matter.id"], ondelete="CASCADE"),)
    record_keys = ("id",)
    view_needed = View.PART

    id: Mapped[UUID] = mapped_column(primary_key=True)
    place: Mapped[str] = mapped_column(String(80))
