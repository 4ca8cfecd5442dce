"""The installation as a whole: which keys its content was sealed with, and whether its database was restored."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0017"

# No row of a city, so without row-level security. The one row is made here; the portal only changes it.
ONE_ROW = """
INSERT INTO installation (id, vault_keys) VALUES (1, '[]');
GRANT SELECT, UPDATE ON installation TO app;
"""

# Sealed bytes begin with a suite byte and the four of the key's id. Row-level security is forced: city by city.
KEYS_IN_USE = """
DO $$
DECLARE town integer; kept record; found jsonb; before text := current_setting('app.city', true);
BEGIN
  FOR town IN SELECT id FROM city LOOP
    PERFORM set_config('app.city', town::text, true);
    FOR kept IN
      SELECT c.table_name FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
      WHERE c.table_schema = 'public' AND c.column_name = 'sealed' AND c.data_type = 'bytea' AND t.table_type = 'BASE TABLE'
    LOOP
      EXECUTE format('SELECT coalesce(jsonb_agg(DISTINCT encode(substr(sealed, 2, 4), ''hex'')), ''[]'') FROM %I '
        'WHERE sealed IS NOT NULL', kept.table_name) INTO found;
      UPDATE installation SET vault_keys = (
        SELECT coalesce(jsonb_agg(DISTINCT each.key_id), '[]') FROM jsonb_array_elements(vault_keys || found) AS each (key_id));
    END LOOP;
  END LOOP;
  PERFORM set_config('app.city', coalesce(before, ''), true);
END $$
"""


def upgrade() -> None:
    """Up: with the keys that the rows say they were sealed with."""
    op.create_table(
        "installation",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("identity", sa.String(length=60), nullable=True),
        sa.Column("cluster", sa.String(length=60), nullable=True),
        sa.Column("restored_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("copied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("vault_keys", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("secret_key", sa.String(length=16), nullable=True),
        sa.CheckConstraint("id = 1", name=op.f("ck_installation_only_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_installation")),
    )
    op.execute(ONE_ROW)
    op.execute(KEYS_IN_USE)


def downgrade() -> None:
    """Down."""
    op.drop_table("installation")
