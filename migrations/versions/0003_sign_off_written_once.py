"""The shape of a sign-off is written once; its drafter, its steps and its text are changed by nobody.

What the portal's role may still do to a chain is what the chain needs: note that a step is reached or vacant, that a
sign-off has ended, and put other holders on a waiting step.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"

NARROWED = """
REVOKE UPDATE, DELETE ON sign_off, step FROM app;
REVOKE UPDATE ON signer FROM app;
GRANT UPDATE (ended_at) ON sign_off TO app;
GRANT UPDATE (reached_at, vacant) ON step TO app;
"""
AS_BEFORE = """
REVOKE UPDATE (ended_at) ON sign_off FROM app;
REVOKE UPDATE (reached_at, vacant) ON step FROM app;
GRANT UPDATE, DELETE ON sign_off, step TO app;
GRANT UPDATE ON signer TO app;
"""


def upgrade() -> None:
    op.execute(NARROWED)


def downgrade() -> None:
    op.execute(AS_BEFORE)
