"""A judged workbook that waits for its owner's decision: sealed throughout, since any row may be confidential."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.kernel.db import Model, OfCity
from portal.vault.words import Sealable, Word


class ImportPreview(Sealable, OfCity, Model):
    """What one person's workbook was judged to hold; for him alone, for a day. `state`: judged, imported, dropped."""

    __tablename__ = "import_preview"
    __table_args__ = (
        Index("ix_import_preview_person", "person_id", "made_at"),
        CheckConstraint("confidential", name="always_sealed"),
    )

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    made_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(12), default="judged")

    name: str = Word()
    judged: dict[str, Any] = Word()
    imported: list[dict[str, Any]] | None = Word()
    assigned: list[dict[str, Any]] | None = Word()
