"""A city's own rules: versions of deadlines, ladder, limits and calendars; a clock keeps the versions it began with."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"

# As 0001 guards every table of a city, and as it keeps what is written once.
GUARD = """
ALTER TABLE rule_set ENABLE ROW LEVEL SECURITY;
ALTER TABLE rule_set FORCE ROW LEVEL SECURITY;
CREATE POLICY of_city ON rule_set USING (city_id = (SELECT nullif(current_setting('app.city', true), '')::integer));
GRANT SELECT, INSERT ON rule_set TO app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO app;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON rule_set FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON rule_set EXECUTE FUNCTION append_only();
"""


def upgrade() -> None:
    op.create_table(
        "rule_set",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by_id", sa.Integer(), nullable=False),
        sa.Column("set_by", sa.String(length=120), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("city_id", sa.Integer(), server_default=sa.text("current_setting('app.city')::integer"), nullable=False),
        sa.CheckConstraint("kind IN ('deadlines', 'ladder', 'limits', 'calendar')", name=op.f("ck_rule_set_kind")),
        sa.CheckConstraint("version >= 1", name=op.f("ck_rule_set_version")),
        sa.ForeignKeyConstraint(["city_id"], ["city.id"], name=op.f("fk_rule_set_city_id")),
        sa.ForeignKeyConstraint(["made_by_id"], ["person.id"], name=op.f("fk_rule_set_made_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_set")),
        sa.UniqueConstraint("city_id", "kind", "version", name=op.f("uq_rule_set_city_id_kind_version")),
    )
    op.execute(GUARD)
    # What runs already began with the defaults, which are version 1.
    op.add_column("clock", sa.Column("rules_version", sa.Integer(), server_default="1", nullable=False))
    op.add_column("clock", sa.Column("ladder_version", sa.Integer(), server_default="1", nullable=False))


def downgrade() -> None:
    op.drop_column("clock", "ladder_version")
    op.drop_column("clock", "rules_version")
    op.drop_table("rule_set")
