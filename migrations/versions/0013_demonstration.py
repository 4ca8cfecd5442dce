"""How far a demonstration city is played; and the planner's statistics, renewed by whoever brought in very many rows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"

# As 0001 guards every table of a city.
GUARD = """
ALTER TABLE demonstration ENABLE ROW LEVEL SECURITY;
ALTER TABLE demonstration FORCE ROW LEVEL SECURITY;
CREATE POLICY of_city ON demonstration USING (city_id = (SELECT nullif(current_setting('app.city', true), '')::integer));
GRANT SELECT, INSERT, UPDATE (waiting) ON demonstration TO app;
"""

# Only the owner of a table may analyze it: this function does so as its owner, who owns them all. It reads a sample of
# rows and answers nothing.
STATISTICS = """
CREATE FUNCTION refresh_statistics() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE mine regclass;
BEGIN
  FOR mine IN
    SELECT c.oid::regclass FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND c.relowner = (SELECT oid FROM pg_roles WHERE rolname = current_user)
  LOOP
    EXECUTE format('ANALYZE %s', mine);
  END LOOP;
END $$;
REVOKE ALL ON FUNCTION refresh_statistics() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION refresh_statistics() TO app;
"""


def upgrade() -> None:
    """Up."""
    op.create_table(
        "demonstration",
        sa.Column("city_id", sa.Integer(), server_default=sa.text("current_setting('app.city')::integer"), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lives", sa.Integer(), nullable=False),
        sa.Column("over", sa.Integer(), nullable=False),
        sa.Column("waiting", sa.Integer(), nullable=False),
        sa.Column("kept", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["city_id"], ["city.id"], name=op.f("fk_demonstration_city_id")),
        sa.PrimaryKeyConstraint("city_id", name=op.f("pk_demonstration")),
    )
    op.execute(GUARD)
    op.execute(STATISTICS)


def downgrade() -> None:
    """Down."""
    op.execute("DROP FUNCTION refresh_statistics()")
    op.drop_table("demonstration")
