"""The index of what waits for somebody covers all that a list of it asks: its rows need not be fetched, and no list of other
work is read instead."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"

COVERED = ("city_id", "state", "rank", "unit_id", "flag", "until", "kind")


def _cover(*columns: str) -> None:
    op.drop_index("ix_viewer_task", table_name="viewer")
    op.create_index(
        "ix_viewer_task",
        "viewer",
        ["principal", "task", "due_on", "record_id"],
        postgresql_where=sa.text("task IS NOT NULL"),
        postgresql_include=columns,
    )


def upgrade() -> None:
    """Up."""
    _cover(*COVERED, "open", "stopped")


def downgrade() -> None:
    """Down."""
    _cover(*COVERED)
