"""Confidential instructions are recognised by a keyed digest when they come again; who reads one for a part in its
office's work is found by an index. Of what is there already the digests are taken by the portal, which has the key."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """One column and two indexes."""
    op.add_column("matter_content", sa.Column("fingerprint", sa.String(length=64), nullable=True))
    op.create_index(
        "ix_matter_content_fingerprint",
        "matter_content",
        ["city_id", "fingerprint"],
        postgresql_where=sa.text("confidential"),
    )
    op.create_index(
        "ix_audience_office",
        "audience",
        ["matter_id"],
        postgresql_where=sa.text("to_at IS NULL AND cause IN ('registrar', 'reviewer')"),
    )


def downgrade() -> None:
    """Without them."""
    op.drop_index("ix_audience_office", table_name="audience")
    op.drop_index("ix_matter_content_fingerprint", table_name="matter_content")
    op.drop_column("matter_content", "fingerprint")
