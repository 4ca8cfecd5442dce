"""Second factors, rules of signing in, acts of two officers; officers are three persons by the database's own rule."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"

TABLES = ("former_password", "recovery_code", "second_factor", "security_rules", "sensitive_act", "sweep")

# As migration 0001 guards its tables.
GUARD = """
DO $$
DECLARE guarded text;
BEGIN
  FOREACH guarded IN ARRAY ARRAY['former_password', 'recovery_code', 'second_factor', 'security_rules', 'sensitive_act', 'sweep'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', guarded);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', guarded);
    EXECUTE format('CREATE POLICY of_city ON %I USING (city_id ='
                   ' (SELECT nullif(current_setting(%L, true), %L)::integer))', guarded, 'app.city', '');
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO app', guarded);
  END LOOP;
END $$;
REVOKE DELETE ON sensitive_act FROM app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO app;
"""

# Nobody holds an officer's post and any other at overlapping times: so the three officers are three persons, and none of
# them has business. Whoever appoints an officer holds the person's row, which every other post's foreign key reads first.
OFFICERS = """
CREATE FUNCTION officers_apart() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.role IN ('system_admin', 'security_admin', 'auditor') THEN
    PERFORM FROM person WHERE id = NEW.person_id FOR UPDATE;
  END IF;
  IF EXISTS (
    SELECT FROM post WHERE person_id = NEW.person_id AND id <> NEW.id
      AND daterange(from_on, to_on) && daterange(NEW.from_on, NEW.to_on)
      AND (role IN ('system_admin', 'security_admin', 'auditor') OR NEW.role IN ('system_admin', 'security_admin', 'auditor'))
  ) THEN
    RAISE EXCEPTION 'an officer holds no other post' USING ERRCODE = 'exclusion_violation', CONSTRAINT = 'officers_apart';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER officers_apart AFTER INSERT OR UPDATE OF person_id, role, from_on, to_on ON post
  FOR EACH ROW EXECUTE FUNCTION officers_apart();
"""

# A person's place in the audience of what is confidential is a principal of its own (portal/access/roles.py), so that it
# can be suspended alone. Row-level security shows the owner one city at a time.
PRINCIPALS = """
DO $$
DECLARE each integer;
BEGIN
  FOR each IN SELECT id FROM city LOOP
    PERFORM set_config('app.city', each::text, true);
    UPDATE viewer SET principal = principal {sign} 1099511627776 FROM matter
      WHERE matter.id = viewer.matter_id AND matter.confidential AND viewer.principal < 0;
  END LOOP;
  PERFORM set_config('app.city', '', true);
END $$;
"""


def city() -> sa.Column:
    """The column that every table of a city has."""
    return sa.Column("city_id", sa.Integer(), server_default=sa.text("current_setting('app.city')::integer"), nullable=False)


def upgrade() -> None:
    op.add_column("person", sa.Column("password_changed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("person", sa.Column("suspended_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("sign_in_session", sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "former_password",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=False),
        city(),
        sa.ForeignKeyConstraint(["city_id"], ["city.id"], name=op.f("fk_former_password_city_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_former_password_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_former_password")),
    )
    op.create_index("ix_former_password_person", "former_password", ["person_id", "id"], unique=False)
    op.create_table(
        "recovery_code",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=100), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        city(),
        sa.ForeignKeyConstraint(["city_id"], ["city.id"], name=op.f("fk_recovery_code_city_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_recovery_code_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_code")),
        sa.UniqueConstraint("person_id", "digest", name=op.f("uq_recovery_code_person_id_digest")),
    )
    op.create_table(
        "second_factor",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("in_force_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_counter", sa.BigInteger(), nullable=True),
        city(),
        sa.ForeignKeyConstraint(["city_id"], ["city.id"], name=op.f("fk_second_factor_city_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_second_factor_person_id")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_second_factor")),
    )
    op.create_table(
        "security_rules",
        sa.Column("city_id", sa.Integer(), server_default=sa.text("current_setting('app.city')::integer"), nullable=False),
        sa.Column("dengbao", sa.Boolean(), nullable=False),
        sa.Column("second_factor_for_all", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["city_id"], ["city.id"], name=op.f("fk_security_rules_city_id")),
        sa.PrimaryKeyConstraint("city_id", name=op.f("pk_security_rules")),
    )
    op.create_table(
        "sensitive_act",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("proposed_by_id", sa.Integer(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=12), nullable=True),
        city(),
        sa.CheckConstraint("decided_by_id IS NULL OR decided_by_id <> proposed_by_id", name=op.f("ck_sensitive_act_two_persons")),
        sa.CheckConstraint(
            "decided_by_id IS NULL OR person_id IS NULL OR decided_by_id <> person_id",
            name=op.f("ck_sensitive_act_not_about_himself"),
        ),
        sa.CheckConstraint(
            "(outcome IN ('carried_out', 'refused')) = (decided_by_id IS NOT NULL) OR outcome IS NULL",
            name=op.f("ck_sensitive_act_decided"),
        ),
        sa.CheckConstraint("(outcome IS NULL) = (ended_at IS NULL)", name=op.f("ck_sensitive_act_ended")),
        sa.CheckConstraint("outcome IS NOT NULL OR decided_by_id IS NULL", name=op.f("ck_sensitive_act_undecided")),
        sa.ForeignKeyConstraint(["city_id"], ["city.id"], name=op.f("fk_sensitive_act_city_id")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["person.id"], name=op.f("fk_sensitive_act_decided_by_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_sensitive_act_person_id")),
        sa.ForeignKeyConstraint(["proposed_by_id"], ["person.id"], name=op.f("fk_sensitive_act_proposed_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sensitive_act")),
    )
    op.create_index("ix_sensitive_act_city", "sensitive_act", ["city_id", "proposed_at"], unique=False)
    op.create_index(
        "uq_sensitive_act_waiting",
        "sensitive_act",
        ["city_id", "kind", sa.text("coalesce(person_id, 0)")],
        unique=True,
        postgresql_where=sa.text("outcome IS NULL"),
    )
    op.create_table(
        "sweep",
        sa.Column("city_id", sa.Integer(), server_default=sa.text("current_setting('app.city')::integer"), nullable=False),
        sa.Column("swept_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["city_id"], ["city.id"], name=op.f("fk_sweep_city_id")),
        sa.PrimaryKeyConstraint("city_id", name=op.f("pk_sweep")),
    )
    op.create_index("ix_journal_entry_city", "journal_entry", ["city_id", "id"], unique=False)
    op.create_index("ix_journal_entry_at", "journal_entry", ["city_id", "at"], unique=False)
    op.create_index("ix_journal_entry_person", "journal_entry", ["person_id", "id"], unique=False)
    op.create_index(
        "ix_delivery_doubtful", "delivery", ["city_id", "id"], unique=False, postgresql_where=sa.text("state = 'doubtful'")
    )
    op.execute(GUARD)
    op.execute(OFFICERS)
    op.execute(PRINCIPALS.format(sign="-"))


def downgrade() -> None:
    op.execute(PRINCIPALS.format(sign="+"))
    op.execute("DROP FUNCTION officers_apart() CASCADE")
    op.drop_index("ix_delivery_doubtful", table_name="delivery", postgresql_where=sa.text("state = 'doubtful'"))
    op.drop_index("ix_journal_entry_person", table_name="journal_entry")
    op.drop_index("ix_journal_entry_at", table_name="journal_entry")
    op.drop_index("ix_journal_entry_city", table_name="journal_entry")
    for table in reversed(TABLES):
        op.drop_table(table)
    op.drop_column("sign_in_session", "confirmed_at")
    op.drop_column("person", "suspended_at")
    op.drop_column("person", "password_changed_at")
