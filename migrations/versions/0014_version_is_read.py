"""The portal may read which revision its database is at, so that it can say whether it is up to date."""

from __future__ import annotations

from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Let the portal's role read the one word that Alembic keeps."""
    op.execute("GRANT SELECT ON alembic_version TO app")


def downgrade() -> None:
    """Take it back."""
    op.execute("REVOKE SELECT ON alembic_version FROM app")
