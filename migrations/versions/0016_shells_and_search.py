"""Shells hang on principals of their own, and a search looks among what its reader may see."""

from __future__ import annotations

from alembic import op

revision = "0016"
down_revision = "0014"

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


def upgrade() -> None:
    """Up."""
    op.execute(SHELLS.format(step="+", of="<"))
    op.execute(OF_READER)


def downgrade() -> None:
    """Down."""
    op.execute(OF_ALL)
    op.execute(SHELLS.format(step="-", of=">="))
