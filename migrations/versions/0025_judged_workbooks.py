"""What a workbook was judged to hold is kept in another form; of the last day's uploads nobody has decided on, none is in it.
They are uploaded again."""

from __future__ import annotations

from alembic import op

from portal.kernel.migrating import in_each_city

revision = "0025"
down_revision = "0024"

FORGET = in_each_city("DELETE FROM import_preview WHERE city_id = one;")


def upgrade() -> None:
    """Without them."""
    op.execute(FORGET)


def downgrade() -> None:
    """Without them, again: the form of before does not know these."""
    op.execute(FORGET)
