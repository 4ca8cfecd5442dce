"""Judged workbooks that wait for their owner's decision."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.importing.cells import Plain
from portal.kernel.db import Model, OfCity
from portal.vault.encrypted_fields import Sealable, Word


class JudgedWords(TypedDict):
    """A judgement as it is kept: the sheet without what must not be kept, and what was found."""

    sheet: str
    header: list[str]
    rows: list[tuple[int, list[Plain]]]
    passed: list[tuple[int, str]]
    total: int
    good: list[dict[str, Plain]]
    faults: list[dict[str, Plain]]
    tally: dict[str, int]


class ImportPreview(Sealable, OfCity, Model):
    """What one person's workbook was judged to hold; for them alone, for a day. `kind` says which import it belongs to.
    `state`: judged, imported, dropped. Sealed throughout, since any row may be confidential, and because `secrets` holds
    one-time passwords until they are fetched."""

    __tablename__ = "import_preview"
    __table_args__ = (
        Index("ix_import_preview_person", "person_id", "made_at"),
        CheckConstraint("confidential", name="always_sealed"),
    )

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    kind: Mapped[str] = mapped_column(String(16), default="instructions", server_default=text("'instructions'"))
    made_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(12), default="judged")

    name: str = Word()
    judged: JudgedWords = Word()
    imported: list[dict[str, Plain]] | None = Word()
    assigned: list[dict[str, Plain]] | None = Word()
    secrets: list[list[str]] | None = Word()
