"""Changes of the network with their history, and the words by which units are found."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"

# As in 0001, for the tables made here.
GUARD = """
DO $$
DECLARE guarded text;
BEGIN
  FOREACH guarded IN ARRAY ARRAY['unit_change', 'unit_word'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', guarded);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', guarded);
    EXECUTE format('CREATE POLICY of_city ON %I USING (city_id ='
                   ' (SELECT nullif(current_setting(%L, true), %L)::integer))', guarded, 'app.city', '');
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO app', guarded);
  END LOOP;
END $$;
REVOKE DELETE ON unit_change FROM app;
REVOKE UPDATE ON unit_change FROM app;
GRANT UPDATE (unit_id, other_id, before, after, carried_out_at, cancelled_at, refused) ON unit_change TO app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO app;
"""

# Every tail of name, short name, code and pinyin. Only operators that cannot leak use an index under row-level security,
# and those of "begins with" on text in the collation C (>= and <) are among them, unlike LIKE. Of the pinyin the initials
# have a tail at each letter, the syllables (parted by ') at each syllable.
WORDS = """
CREATE FUNCTION unit_tails(name text, short_name text, code text, pinyin text)
RETURNS TABLE (tail text, inside boolean) LANGUAGE sql IMMUTABLE AS $$
  SELECT t.tail, bool_and(t.inside) FROM (
    SELECT substr(lower(word), n) AS tail, n > 1 AS inside
    FROM unnest(ARRAY[name, short_name, code]) word, generate_series(1, length(word)) n
    UNION ALL
    SELECT left(substr(word, n), 80), n > 1
    FROM unnest(string_to_array(ltrim(pinyin), ' ')) word, generate_series(1, length(word)) n
    WHERE strpos(word, '''') = 0
    UNION ALL
    SELECT left(array_to_string(syllables[n:], ''), 80), n > 1
    FROM (SELECT string_to_array(word, '''') AS syllables FROM unnest(string_to_array(ltrim(pinyin), ' ')) word
          WHERE strpos(word, '''') > 0) spelled, generate_series(1, cardinality(syllables)) n
  ) t WHERE t.tail <> '' GROUP BY t.tail
$$;
CREATE FUNCTION unit_place(level text, kind text, retired boolean, inside boolean) RETURNS smallint
LANGUAGE sql IMMUTABLE AS $$
  SELECT (CASE level WHEN 'city' THEN 0 WHEN 'county' THEN 1 WHEN 'township' THEN 2 ELSE 3 END
    + CASE WHEN inside THEN 4 ELSE 0 END
    + CASE WHEN kind IN ('general_office', 'supervision_office', 'information_section', 'duty_office',
                         'secretariat_office') THEN 8 ELSE 0 END
    + CASE WHEN retired THEN 16 ELSE 0 END)::smallint
$$;
CREATE FUNCTION keep_words_of_new_units() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO unit_word (city_id, unit_id, place, tail)
  SELECT n.city_id, n.id, unit_place(n.level, n.kind, n.retired_on IS NOT NULL, t.inside), t.tail
  FROM newer n CROSS JOIN LATERAL unit_tails(n.name, n.short_name, n.code, n.pinyin) t;
  RETURN NULL;
END $$;
CREATE FUNCTION keep_words_of_changed_units() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE changed integer[];
BEGIN
  SELECT array_agg(n.id) INTO changed FROM newer n JOIN older o ON o.id = n.id
  WHERE (n.name, n.short_name, n.code, n.pinyin, n.level, n.kind, n.retired_on IS NULL)
    IS DISTINCT FROM (o.name, o.short_name, o.code, o.pinyin, o.level, o.kind, o.retired_on IS NULL);
  IF changed IS NULL THEN RETURN NULL; END IF;
  DELETE FROM unit_word WHERE unit_id = ANY(changed);
  INSERT INTO unit_word (city_id, unit_id, place, tail)
  SELECT n.city_id, n.id, unit_place(n.level, n.kind, n.retired_on IS NOT NULL, t.inside), t.tail
  FROM newer n CROSS JOIN LATERAL unit_tails(n.name, n.short_name, n.code, n.pinyin) t WHERE n.id = ANY(changed);
  RETURN NULL;
END $$;
CREATE TRIGGER keep_words_of_new AFTER INSERT ON unit REFERENCING NEW TABLE AS newer
  FOR EACH STATEMENT EXECUTE FUNCTION keep_words_of_new_units();
CREATE TRIGGER keep_words_of_changed AFTER UPDATE ON unit REFERENCING OLD TABLE AS older NEW TABLE AS newer
  FOR EACH STATEMENT EXECUTE FUNCTION keep_words_of_changed_units();
"""

# Of the units that are there already, city by city, as row-level security wants it.
FILL = """
DO $$
DECLARE one integer;
BEGIN
  FOR one IN SELECT id FROM city LOOP
    PERFORM set_config('app.city', one::text, true);
    INSERT INTO unit_word (city_id, unit_id, place, tail)
    SELECT u.city_id, u.id, unit_place(u.level, u.kind, u.retired_on IS NOT NULL, t.inside), t.tail
    FROM unit u CROSS JOIN LATERAL unit_tails(u.name, u.short_name, u.code, u.pinyin) t;
  END LOOP;
  PERFORM set_config('app.city', '', true);
END $$;
"""


def upgrade() -> None:
    op.add_column("unit", sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False))
    op.add_column(
        "import_preview", sa.Column("kind", sa.String(length=16), server_default=sa.text("'instructions'"), nullable=False)
    )
    op.create_index(
        "ix_matter_lead_open",
        "matter",
        ["lead_unit_id", "due_on"],
        unique=False,
        postgresql_where=sa.text("state NOT IN ('closed', 'withdrawn')"),
    )
    op.create_index("ix_co_unit_unit", "co_unit", ["unit_id"], unique=False)
    op.create_table(
        "unit_change",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("other_id", sa.Integer(), nullable=True),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("wanted", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("after", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("post_id", sa.Integer(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("carried_out_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refused", sa.String(length=300), nullable=True),
        sa.Column("city_id", sa.Integer(), server_default=sa.text("current_setting('app.city')::integer"), nullable=False),
        sa.CheckConstraint(
            "carried_out_at IS NULL OR (cancelled_at IS NULL AND refused IS NULL)", name=op.f("ck_unit_change_one_end")
        ),
        sa.ForeignKeyConstraint(["city_id"], ["city.id"], name=op.f("fk_unit_change_city_id")),
        sa.ForeignKeyConstraint(["other_id"], ["unit.id"], name=op.f("fk_unit_change_other_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_unit_change_person_id")),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_unit_change_post_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_unit_change_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit_change")),
    )
    op.create_index("ix_unit_change_unit", "unit_change", ["unit_id"], unique=False)
    op.create_index("ix_unit_change_other", "unit_change", ["other_id"], unique=False)
    op.create_index(
        "ix_unit_change_planned",
        "unit_change",
        ["from_on"],
        unique=False,
        postgresql_where=sa.text("carried_out_at IS NULL AND cancelled_at IS NULL AND refused IS NULL"),
    )
    op.create_table(
        "unit_word",
        sa.Column("unit_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("tail", sa.String(length=80, collation="C"), nullable=False),
        sa.Column("place", sa.SmallInteger(), nullable=False),
        sa.Column("city_id", sa.Integer(), server_default=sa.text("current_setting('app.city')::integer"), nullable=False),
        sa.PrimaryKeyConstraint("unit_id", "tail", name=op.f("pk_unit_word")),
    )
    op.create_index("ix_unit_word_tail", "unit_word", ["city_id", "place", "tail", "unit_id"], unique=False)
    op.execute(GUARD)
    op.execute(WORDS)
    op.execute(FILL)


def downgrade() -> None:
    op.execute("DROP TRIGGER keep_words_of_changed ON unit")
    op.execute("DROP TRIGGER keep_words_of_new ON unit")
    for function in (
        "keep_words_of_changed_units()",
        "keep_words_of_new_units()",
        "unit_place(text, text, boolean, boolean)",
        "unit_tails(text, text, text, text)",
    ):
        op.execute(f"DROP FUNCTION {function}")
    op.drop_table("unit_word")
    op.drop_table("unit_change")
    op.drop_index("ix_co_unit_unit", table_name="co_unit")
    op.drop_index("ix_matter_lead_open", table_name="matter")
    op.drop_column("import_preview", "kind")
    op.drop_column("unit", "version")
