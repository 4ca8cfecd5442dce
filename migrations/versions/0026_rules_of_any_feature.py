"""What rules there are is said by the features that bring them, and by the database no longer: a list beside theirs would have
to be changed with each. Names may be longer.

Downwards, a city that has set rules under another name than the four of before stops it: they are kept for good."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"

CHECK = "ck_rule_set_kind"


def upgrade() -> None:
    """Rules of any name."""
    op.drop_constraint(op.f(CHECK), "rule_set")
    op.alter_column("rule_set", "kind", type_=sa.String(24))


def downgrade() -> None:
    """The four of before."""
    op.create_check_constraint(op.f(CHECK), "rule_set", "kind IN ('deadlines', 'ladder', 'limits', 'calendar')")
    op.alter_column("rule_set", "kind", type_=sa.String(12))
