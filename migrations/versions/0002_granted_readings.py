"""Granted readings end by themselves: a viewer row may carry the time until which it counts.

Revision ID: 0007
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('viewer', sa.Column('until', sa.DateTime(timezone=True), nullable=True))
    op.create_index('ix_viewer_until', 'viewer', ['until'], postgresql_where=sa.text('until IS NOT NULL'))


def downgrade() -> None:
    op.drop_index('ix_viewer_until', table_name='viewer')
    op.drop_column('viewer', 'until')
