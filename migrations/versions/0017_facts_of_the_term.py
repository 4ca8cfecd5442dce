"""What a term follows from is kept as facts: the date given when it was forwarded, each extension as it was granted. Whether
a report was in time follows from them, and is kept no more."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

# City by city, as row-level security wants it. Until now the facts stood in the reasons of the closing clock alone.
EACH_CITY = """
DO $$
DECLARE one integer;
BEGIN
  FOR one IN SELECT id FROM city LOOP
    PERFORM set_config('app.city', one::text, true);
    {}
  END LOOP;
  PERFORM set_config('app.city', '', true);
END $$;
"""
FILL = """
    UPDATE extension SET granted_until = until, granted_as = coalesce((
      SELECT unit_name FROM entry WHERE entry.matter_id = extension.matter_id AND kind = 'extension_granted'
        AND at = decided_at LIMIT 1), '')
    WHERE granted;
    UPDATE extension SET granted_as = line->'params'->>'by',
      granted_until = clock.original_due_on + (line->'params'->>'total_days')::integer
    FROM clock, jsonb_array_elements(clock.why) line
    WHERE granted AND clock.matter_id = extension.matter_id AND clock.kind = 'closing' AND line->>'code' = 'extension'
      AND (line->'params'->>'on')::date = (decided_at AT TIME ZONE 'Asia/Shanghai')::date;
    UPDATE matter SET given_due_on = coalesce(
      (SELECT line->'params'->>'by_rule' FROM jsonb_array_elements(clock.why) line WHERE line->>'code' = 'parent'),
      (SELECT line->'params'->>'due_on' FROM jsonb_array_elements(clock.why) line WHERE line->>'code' = 'original'))::date
    FROM clock
    WHERE clock.matter_id = matter.id AND clock.kind = 'closing' AND clock.why @> '[{"code": "given_rule"}]';
"""
JUDGE = """
    UPDATE matter SET in_time = issued_at < (due_on + 1)::timestamp AT TIME ZONE 'Asia/Shanghai' WHERE issued_at IS NOT NULL;
"""


def upgrade() -> None:
    """Up."""
    op.add_column("matter", sa.Column("given_due_on", sa.Date(), nullable=True))
    op.add_column("extension", sa.Column("granted_until", sa.Date(), nullable=True))
    op.add_column("extension", sa.Column("granted_as", sa.String(length=160), nullable=True))
    op.execute(EACH_CITY.replace("{}", FILL))
    op.create_check_constraint(
        op.f("ck_extension_granted"), "extension", "granted IS NOT TRUE OR (granted_until IS NOT NULL AND granted_as IS NOT NULL)"
    )
    op.drop_column("matter", "in_time")


def downgrade() -> None:
    """Down."""
    op.add_column("matter", sa.Column("in_time", sa.Boolean(), nullable=True))
    op.execute(EACH_CITY.replace("{}", JUDGE))
    op.drop_constraint(op.f("ck_extension_granted"), "extension", type_="check")
    op.drop_column("extension", "granted_as")
    op.drop_column("extension", "granted_until")
    op.drop_column("matter", "given_due_on")
