"""What is asked of records whoever asks: codes by their ids, never words."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select

from portal.access.actor import SYSTEM
from portal.access.record import Record
from portal.access.visibility import as_seen_by
from portal.kernel.db import db


def kinds_of(record_ids: Collection[UUID]) -> dict[UUID, str]:
    """Which kind of record each of these is. One statement, or none."""
    if not record_ids:
        return {}
    rows = db.session.execute(select(Record.id, Record.kind).where(Record.id.in_(record_ids)).options(as_seen_by(SYSTEM)))
    return dict(row for row in rows)
