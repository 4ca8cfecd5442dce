"""Shells hang on principals of their own; a search looks among what its reader may see; who supervises or leads is appointed
with a second person's agreement, and what concerns an officer takes somebody outside the three."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

# The viewer rows of confidential matters that name a standing (a person is below zero), city by city, as row-level security
# wants it. Sixteen is what lies between a standing and the same standing for shells: `portal/access/roles.py`.
SHELLS = """
DO $$
DECLARE one integer;
BEGIN
  FOR one IN SELECT id FROM city LOOP
    PERFORM set_config('app.city', one::text, true);
    UPDATE viewer SET principal = principal {step} 16 FROM matter
      WHERE matter.id = viewer.matter_id AND matter.confidential AND principal >= 0 AND principal % 32 {of} 16;
  END LOOP;
  PERFORM set_config('app.city', '', true);
END $$;
"""

# What a reader may see is asked before anything is counted: a limit that all matters share would tell how many he may not see.
# Read from the reader's side or from the pairs', whichever is shorter for these values: hence planned anew each time.
# No matter stands in it more often than with two parts for each of his principals.
OF_READER = """
DROP FUNCTION matters_holding(text[], integer);
CREATE FUNCTION matters_holding(pairs text[], principals bigint[], most integer) RETURNS SETOF uuid
LANGUAGE plpgsql STABLE STRICT SECURITY DEFINER ROWS 1000
SET search_path = pg_catalog SET enable_seqscan = off AS $$
BEGIN
  RETURN QUERY EXECUTE
    'SELECT DISTINCT found.matter_id FROM ('
    ' SELECT entry.matter_id FROM public.search_entry entry'
    ' JOIN public.viewer ON viewer.matter_id = entry.matter_id AND viewer.principal = ANY ($2)'
    ' WHERE entry.city_id = $4 AND viewer.city_id = $4 AND entry.grams @> $1'
    ' LIMIT $3::bigint * 2 * greatest(cardinality($2), 1)'
    ') found LIMIT $3'
    USING pairs, principals, most, nullif(current_setting('app.city', true), '')::integer;
END $$;
REVOKE ALL ON FUNCTION matters_holding(text[], bigint[], integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION matters_holding(text[], bigint[], integer) TO app;
"""
OF_ALL = """
DROP FUNCTION matters_holding(text[], bigint[], integer);
CREATE FUNCTION matters_holding(pairs text[], most integer) RETURNS SETOF uuid
LANGUAGE sql STABLE STRICT SECURITY DEFINER ROWS 1000
SET search_path = pg_catalog SET enable_seqscan = off AS $$
  SELECT matter_id FROM public.search_entry
  WHERE city_id = nullif(current_setting('app.city', true), '')::integer AND grams @> pairs
  LIMIT most
$$;
REVOKE ALL ON FUNCTION matters_holding(text[], integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION matters_holding(text[], integer) TO app;
"""
PACE = """
ALTER TABLE pace ENABLE ROW LEVEL SECURITY;
ALTER TABLE pace FORCE ROW LEVEL SECURITY;
CREATE POLICY of_city ON pace USING (city_id = (SELECT nullif(current_setting('app.city', true), '')::integer));
GRANT SELECT, INSERT, UPDATE, DELETE ON pace TO app;
"""

OUTSIDER = (
    "outside_by_id IS NULL OR (outside_by_id <> proposed_by_id AND outside_by_id IS DISTINCT FROM decided_by_id"
    " AND outside_by_id IS DISTINCT FROM person_id)"
)

# As 0001 guards every table of a city. What was asked for stays as it was asked.
APPOINTMENTS = """
ALTER TABLE appointment ENABLE ROW LEVEL SECURITY;
ALTER TABLE appointment FORCE ROW LEVEL SECURITY;
CREATE POLICY of_city ON appointment USING (city_id = (SELECT nullif(current_setting('app.city', true), '')::integer));
GRANT SELECT, INSERT, UPDATE (decided_by_id, decided_at, outcome, post_id) ON appointment TO app;
"""


def upgrade() -> None:
    """Up."""
    op.create_table(
        "appointment",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=24), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=True),
        sa.Column("proposed_by_id", sa.Integer(), nullable=True),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=12), nullable=True),
        sa.Column("post_id", sa.Integer(), nullable=True),
        sa.Column("city_id", sa.Integer(), server_default=sa.text("current_setting('app.city')::integer"), nullable=False),
        sa.CheckConstraint("decided_by_id IS NULL OR decided_by_id <> person_id", name=op.f("ck_appointment_not_about_himself")),
        sa.CheckConstraint(
            "proposed_by_id IS NULL OR decided_by_id IS NULL OR decided_by_id <> proposed_by_id",
            name=op.f("ck_appointment_two_persons"),
        ),
        sa.CheckConstraint("(outcome IS NULL) = (decided_at IS NULL)", name=op.f("ck_appointment_decided")),
        sa.CheckConstraint(
            "(outcome = 'agreed') = (post_id IS NOT NULL AND decided_by_id IS NOT NULL) OR outcome IS NULL",
            name=op.f("ck_appointment_agreed"),
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_appointment_person_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_appointment_unit_id")),
        sa.ForeignKeyConstraint(["proposed_by_id"], ["person.id"], name=op.f("fk_appointment_proposed_by_id")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["person.id"], name=op.f("fk_appointment_decided_by_id")),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_appointment_post_id")),
        sa.ForeignKeyConstraint(["city_id"], ["city.id"], name=op.f("fk_appointment_city_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appointment")),
    )
    op.create_index(
        "uq_appointment_waiting",
        "appointment",
        ["person_id", "unit_id", "role"],
        unique=True,
        postgresql_where=sa.text("outcome IS NULL"),
    )
    op.execute(APPOINTMENTS)
    op.create_table(
        "pace",
        sa.Column("city_id", sa.Integer(), nullable=False),
        sa.Column("who", sa.String(length=64), nullable=False),
        sa.Column("act", sa.String(length=64), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["city_id"], ["city.id"], name=op.f("fk_pace_city_id")),
        sa.PrimaryKeyConstraint("city_id", "who", "act", name=op.f("pk_pace")),
    )
    op.execute(PACE)
    op.add_column("sensitive_act", sa.Column("outside_by_id", sa.Integer(), nullable=True))
    op.add_column("sensitive_act", sa.Column("outside_at", sa.DateTime(timezone=True), nullable=True))
    op.create_foreign_key(op.f("fk_sensitive_act_outside_by_id"), "sensitive_act", "person", ["outside_by_id"], ["id"])
    op.create_check_constraint(op.f("ck_sensitive_act_outsider"), "sensitive_act", OUTSIDER)
    op.execute(SHELLS.format(step="+", of="<"))
    op.execute(OF_READER)


def downgrade() -> None:
    """Down."""
    op.drop_constraint(op.f("ck_sensitive_act_outsider"), "sensitive_act", type_="check")
    op.drop_column("sensitive_act", "outside_at")
    op.drop_column("sensitive_act", "outside_by_id")
    op.drop_table("pace")
    op.drop_table("appointment")
    op.execute(OF_ALL)
    op.execute(SHELLS.format(step="-", of=">="))
