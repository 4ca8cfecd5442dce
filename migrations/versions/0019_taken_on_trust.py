"""A delivery that was begun, and what a channel refused for good, are found without reading them all; a sweep keeps how
long its machine had been running, and that it was stopped by a clock nobody believes.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Up."""
    op.drop_index("ix_delivery_waiting", table_name="delivery")
    op.drop_index("ix_delivery_doubtful", table_name="delivery")
    op.create_index(
        "ix_delivery_waiting", "delivery", ["state", "due_at"],
        postgresql_where=sa.text("state IN ('waiting', 'claimed', 'sending')"),
    )  # fmt: skip
    op.create_index(
        "ix_delivery_unsettled", "delivery", ["city_id", "state", "id"],
        postgresql_where=sa.text("state IN ('doubtful', 'failed')"),
    )  # fmt: skip
    op.add_column("sweep", sa.Column("boot", sa.String(36), nullable=True))
    op.add_column("sweep", sa.Column("uptime", sa.Float(), nullable=True))
    op.add_column("sweep", sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Down. What was just being sent is doubtful to the older code, which knows no such state."""
    for city_id in op.get_bind().execute(sa.text("SELECT id FROM city")).scalars().all():
        op.execute(sa.text("SELECT set_config('app.city', :city, true)").bindparams(city=str(city_id)))
        op.execute("UPDATE delivery SET state = 'doubtful' WHERE state = 'sending'")
    for column in ("stopped_at", "uptime", "boot"):
        op.drop_column("sweep", column)
    op.drop_index("ix_delivery_unsettled", table_name="delivery")
    op.drop_index("ix_delivery_waiting", table_name="delivery")
    op.create_index(
        "ix_delivery_waiting", "delivery", ["state", "due_at"], postgresql_where=sa.text("state IN ('waiting', 'claimed')")
    )
    op.create_index("ix_delivery_doubtful", "delivery", ["city_id", "id"], postgresql_where=sa.text("state = 'doubtful'"))
