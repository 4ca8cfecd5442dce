"""A unit that is no more names the one that exists today and took over, however it ended and by way of whom."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

# From what was carried out until now, city by city, as row-level security wants it.
FILL = """
DO $$
DECLARE one integer;
BEGIN
  FOR one IN SELECT id FROM city LOOP
    PERFORM set_config('app.city', one::text, true);
    UPDATE unit SET heir_id = NULL WHERE heir_id IS NOT NULL;
    WITH RECURSIVE handed_over AS (
      SELECT unit_id, other_id FROM unit_change WHERE carried_out_at IS NOT NULL AND other_id IS NOT NULL
        AND (kind IN ('merge', 'retire') OR (kind = 'split' AND wanted->'goes' = 'true'::jsonb))
    ), line (unit_id, heir_id) AS (
      SELECT unit_id, other_id FROM handed_over
      UNION
      SELECT line.unit_id, next.other_id FROM line JOIN handed_over next ON next.unit_id = line.heir_id
    )
    UPDATE unit SET heir_id = line.heir_id FROM line JOIN unit heir ON heir.id = line.heir_id AND heir.retired_on IS NULL
    WHERE unit.id = line.unit_id AND unit.retired_on IS NOT NULL;
  END LOOP;
  PERFORM set_config('app.city', '', true);
END $$;
"""
RENAME = "ALTER TABLE unit RENAME CONSTRAINT fk_unit_{} TO fk_unit_{}"


def upgrade() -> None:
    """Up."""
    op.alter_column("unit", "merged_into_id", new_column_name="heir_id")
    op.execute(RENAME.format("merged_into_id", "heir_id"))
    op.execute(FILL)
    op.create_index("ix_unit_heir", "unit", ["heir_id"], unique=False, postgresql_where=sa.text("heir_id IS NOT NULL"))
    op.create_check_constraint(op.f("ck_unit_heir"), "unit", "heir_id IS NULL OR (retired_on IS NOT NULL AND heir_id <> id)")


def downgrade() -> None:
    """Down."""
    op.drop_constraint(op.f("ck_unit_heir"), "unit", type_="check")
    op.drop_index("ix_unit_heir", table_name="unit")
    op.execute(RENAME.format("heir_id", "merged_into_id"))
    op.alter_column("unit", "heir_id", new_column_name="merged_into_id")
