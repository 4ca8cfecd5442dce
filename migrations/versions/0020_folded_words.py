"""What is looked for is folded: no bracket, blank, dot, width or case hides a number or a name; reports' numbers are found.
A form that was set aside for its sender waits for him; one that was filed is known by its key."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"

# As in 0001.
GUARD = """
ALTER TABLE filed_form ENABLE ROW LEVEL SECURITY;
ALTER TABLE filed_form FORCE ROW LEVEL SECURITY;
CREATE POLICY of_city ON filed_form USING (city_id = (SELECT nullif(current_setting('app.city', true), '')::integer));
GRANT SELECT, INSERT, DELETE ON filed_form TO app;
"""

# As portal.kernel.text.folded. Compatibility forms first (full width, circled, square), then case, then signs.
FOLDED = r"""
CREATE FUNCTION folded(said text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT regexp_replace(lower(normalize(said, NFKC)),
    '[\x01-\x2f\x3a-\x40\x5b-\x60\x7b-\xbf\xd7\xf7\u02b9-\u02ff\u2000-\u206f\u20a0-\u20cf\u2190-\u2bff\u2e00-\u2e7f'
    '\u3000-\u3004\u3008-\u3020\u3030\u3036\u3037\u303d-\u303f\u30a0\u30fb\ua78f\ufe00-\ufe0f\ufe30-\ufe6f'
    '\U0001f000-\U0001faff\U000e0100-\U000e01ef]+', '', 'g')
$$;
GRANT EXECUTE ON FUNCTION folded(text) TO app;
"""

# As in 0006, but that the words are folded first.
TAILS = """
CREATE OR REPLACE FUNCTION unit_tails(name text, short_name text, code text, pinyin text)
RETURNS TABLE (tail text, inside boolean) LANGUAGE sql IMMUTABLE AS $$
  SELECT t.tail, bool_and(t.inside) FROM (
    SELECT substr(word, n) AS tail, n > 1 AS inside
    FROM (SELECT {word} FROM unnest(ARRAY[name, short_name, code]) said OFFSET 0) kept (word),
      generate_series(1, length(word)) n
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
"""

# City by city, as row-level security wants it.
EACH_CITY = """
DO $do$
DECLARE one integer;
BEGIN
  FOR one IN SELECT id FROM city LOOP
    PERFORM set_config('app.city', one::text, true);
    {work}
  END LOOP;
  PERFORM set_config('app.city', '', true);
END $do$;
"""
UNIT_WORDS = """
    DELETE FROM unit_word WHERE city_id = one;
    INSERT INTO unit_word (city_id, unit_id, place, tail)
    SELECT u.city_id, u.id, unit_place(u.level, u.kind, u.retired_on IS NOT NULL, t.inside), t.tail
    FROM unit u CROSS JOIN LATERAL unit_tails(u.name, u.short_name, u.code, u.pinyin) t;
"""
GRAMS = """
CREATE FUNCTION pg_temp.grams_of(texts text[]) RETURNS text[] LANGUAGE sql AS $$
  SELECT coalesce(array_agg(DISTINCT g), ARRAY[]::text[])
  FROM unnest(texts) said, LATERAL (SELECT {run} OFFSET 0) kept (run), generate_series(1, length(run)) n,
    LATERAL (VALUES {taken}) taken(g)
  WHERE g IS NOT NULL
$$;
"""
CHARACTERS_AND_PAIRS = "(substr(run, n, 1)), (CASE WHEN n < length(run) THEN substr(run, n, 2) END)"
PAIRS = "(CASE WHEN n < length(run) THEN substr(run, n, 2) END)"
KEPT_BEFORE = r"regexp_replace(lower(said), '[^\u3400-\u9fff\U00020000-\U0003ffffa-z0-9]+', '', 'g')"
SEARCH_WORDS = """
    UPDATE search_entry s SET grams = pg_temp.grams_of(CASE s.part
      WHEN 'shell' THEN ARRAY[m.number, m.lead_unit_name]
      ELSE ARRAY[c.plain->>'title', c.plain->>'leader', c.plain->>'document_number'] {reports} END)
    FROM matter m JOIN matter_content c ON c.matter_id = m.id
    WHERE m.id = s.matter_id AND s.city_id = one AND m.city_id = one;
"""
REPORTS = """|| ARRAY(SELECT r.document_number::text FROM report r WHERE r.matter_id = m.id
        AND r.document_number IS NOT NULL)"""
INDEX = "CREATE INDEX ix_search_entry_grams ON search_entry USING gin (grams) WITH (fastupdate = off)"


def upgrade() -> None:
    """The function, then everything that is looked in, written anew."""
    op.add_column("kept_form", sa.Column("waits", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.create_table(
        "filed_form",
        sa.Column("key", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("led_to", sa.String(length=300), nullable=False),
        sa.Column("filed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("city_id", sa.Integer(), server_default=sa.text("current_setting('app.city')::integer"), nullable=False),
        sa.ForeignKeyConstraint(["city_id"], ["city.id"], name=op.f("fk_filed_form_city_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_filed_form_person_id")),
        sa.PrimaryKeyConstraint("key", "person_id", name=op.f("pk_filed_form")),
    )
    op.execute(GUARD)
    op.execute(FOLDED)
    op.execute(TAILS.format(word="left(folded(said), 80)"))
    op.execute(EACH_CITY.format(work=UNIT_WORDS))
    _search_words(GRAMS.format(run="folded(said)", taken=CHARACTERS_AND_PAIRS), SEARCH_WORDS.format(reports=REPORTS))


def downgrade() -> None:
    """As it was: pairs alone, of signs left out, not folded."""
    _search_words(GRAMS.format(run=KEPT_BEFORE, taken=PAIRS), SEARCH_WORDS.format(reports=""))
    op.execute(TAILS.format(word="lower(said)"))
    op.execute(EACH_CITY.format(work=UNIT_WORDS))
    op.execute("DROP FUNCTION folded(text)")
    op.drop_table("filed_form")
    op.drop_column("kept_form", "waits")


def _search_words(grams: str, work: str) -> None:
    op.execute("DROP INDEX ix_search_entry_grams")
    op.execute(grams)
    op.execute(EACH_CITY.format(work=work))
    op.execute("DROP FUNCTION pg_temp.grams_of(text[])")
    op.execute(INDEX)
