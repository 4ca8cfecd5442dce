"""关联: two records of a city belong together. A row is written once, and goes with either record."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from portal.kernel.migrating import guard

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    """Up."""
    op.create_table(
        "link",
        sa.Column("from_record_id", sa.Uuid(), nullable=False),
        sa.Column("to_record_id", sa.Uuid(), nullable=False),
        sa.Column("relation", sa.String(length=24), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("city_id", sa.Integer(), server_default=sa.text("current_setting('app.city')::integer"), nullable=False),
        sa.CheckConstraint("from_record_id <> to_record_id", name=op.f("ck_link_of_two")),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_link_by_id")),
        sa.ForeignKeyConstraint(["city_id"], ["city.id"], name=op.f("fk_link_city_id")),
        *(
            sa.ForeignKeyConstraint(
                ["city_id", end], ["record.city_id", "record.id"], name=op.f(f"fk_link_city_id_{end}"), ondelete="CASCADE"
            )
            for end in ("from_record_id", "to_record_id")
        ),
        sa.PrimaryKeyConstraint("from_record_id", "to_record_id", "relation", name=op.f("pk_link")),
    )
    op.create_index("ix_link_to", "link", ["to_record_id"])
    op.execute(guard("link", columns=(), delete=False))


def downgrade() -> None:
    """Down: what was linked is forgotten."""
    op.drop_table("link")
