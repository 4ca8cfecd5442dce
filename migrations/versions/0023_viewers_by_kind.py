"""The index of who sees what says of which kind a record is, and speaks of any kind: when it began, whose it is, its rank and
its flag. Lists are one scan of one index still, of each kind."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"

RENAMED = (("received_on", "begun_on"), ("lead_unit_id", "unit_id"), ("returned", "flag"), ("source_level", "rank"))
RANKS = {"central": 1, "province": 2, "city": 3, "county": 4}
AS_RANK = "CASE {column} " + " ".join(f"WHEN '{level}' THEN {rank}" for level, rank in RANKS.items()) + " END"
AS_LEVEL = "CASE {column} " + " ".join(f"WHEN {rank} THEN '{level}'" for level, rank in RANKS.items()) + " END"


def upgrade() -> None:
    """Up."""
    _drop("received")
    for before, now in RENAMED:
        op.alter_column("viewer", before, new_column_name=now)
    op.execute(f"ALTER TABLE viewer ALTER COLUMN rank TYPE smallint USING {AS_RANK.format(column='rank')}")
    op.add_column("viewer", sa.Column("kind", sa.String(length=24), server_default="instruction", nullable=False))
    op.alter_column("viewer", "kind", server_default=None)
    _create("begun", "begun_on", ("kind",), ("city_id", "state", "rank", "unit_id", "flag", "until"))


def downgrade() -> None:
    """Down: possible as long as there are records of no other kind (0022 refuses those)."""
    _drop("begun")
    op.drop_column("viewer", "kind")
    op.execute(f"ALTER TABLE viewer ALTER COLUMN rank TYPE varchar(10) USING {AS_LEVEL.format(column='rank')}")
    for before, now in RENAMED:
        op.alter_column("viewer", now, new_column_name=before)
    _create("received", "received_on", (), ("city_id", "state", "source_level", "lead_unit_id", "returned", "until"))


def _drop(begun: str) -> None:
    for name in ("work", begun, "task"):
        op.drop_index(f"ix_viewer_{name}", table_name="viewer")


def _create(begun: str, day: str, kind: tuple[str, ...], covered: tuple[str, ...]) -> None:
    rows = ("principal", *kind, "open", "stopped", "due_on", "record_id")
    op.create_index("ix_viewer_work", "viewer", rows, postgresql_include=[*covered, "task"])
    op.create_index(f"ix_viewer_{begun}", "viewer", ["principal", *kind, day, "record_id"], postgresql_include=[*covered, "task"])
    op.create_index(
        "ix_viewer_task",
        "viewer",
        ["principal", "task", "due_on", "record_id"],
        postgresql_where=sa.text("task IS NOT NULL"),
        postgresql_include=[*covered, *kind],
    )
