"""Granted readings end by themselves: a viewer row may carry the time until which it counts.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


COVERED = ["city_id", "state", "source_level", "lead_unit_id", "returned"]
TASK_IS_SET = sa.text("task IS NOT NULL")


def _indexes(*more: str) -> None:
    op.drop_index("ix_viewer_work", table_name="viewer")
    op.drop_index("ix_viewer_received", table_name="viewer")
    op.drop_index("ix_viewer_task", table_name="viewer")
    covered = [*COVERED, *more]
    op.create_index(
        "ix_viewer_work", "viewer", ["principal", "open", "stopped", "due_on", "matter_id"], postgresql_include=[*covered, "task"]
    )
    op.create_index(
        "ix_viewer_received", "viewer", ["principal", "received_on", "matter_id"], postgresql_include=[*covered, "task"]
    )
    op.create_index(
        "ix_viewer_task",
        "viewer",
        ["principal", "task", "due_on", "matter_id"],
        postgresql_where=TASK_IS_SET,
        postgresql_include=covered,
    )


def upgrade() -> None:
    op.add_column("viewer", sa.Column("until", sa.DateTime(timezone=True), nullable=True))
    _indexes("until")
    op.create_index("ix_viewer_until", "viewer", ["until"], postgresql_where=sa.text("until IS NOT NULL"))


def downgrade() -> None:
    op.drop_index("ix_viewer_until", table_name="viewer")
    _indexes()
    op.drop_column("viewer", "until")
