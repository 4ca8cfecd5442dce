"""A sign-off that has ended stays so, and nobody signs in it any more."""

from __future__ import annotations

from alembic import op

revision = "0012"
down_revision = "0011"

# The portal's role notes that a sign-off has ended (migration 0003); taken back, a report that was sent back could still go out.
HOLD = """
CREATE FUNCTION sign_off_ends_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.ended_at IS NOT NULL AND NEW.ended_at IS DISTINCT FROM OLD.ended_at THEN
    RAISE EXCEPTION 'a sign-off ends once' USING ERRCODE = 'check_violation', CONSTRAINT = 'sign_off_ends_once';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER sign_off_ends_once BEFORE UPDATE OF ended_at ON sign_off
  FOR EACH ROW EXECUTE FUNCTION sign_off_ends_once();
CREATE FUNCTION signature_while_it_runs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (
    SELECT FROM sign_off WHERE report_id = NEW.report_id AND generation = NEW.generation AND ended_at IS NOT NULL
  ) THEN
    RAISE EXCEPTION 'this sign-off has ended' USING ERRCODE = 'check_violation', CONSTRAINT = 'signature_while_it_runs';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER signature_while_it_runs BEFORE INSERT ON signature
  FOR EACH ROW EXECUTE FUNCTION signature_while_it_runs();
"""
BACK = """
DROP TRIGGER signature_while_it_runs ON signature;
DROP FUNCTION signature_while_it_runs();
DROP TRIGGER sign_off_ends_once ON sign_off;
DROP FUNCTION sign_off_ends_once();
"""


def upgrade() -> None:
    """Up."""
    op.execute(HOLD)


def downgrade() -> None:
    """Down."""
    op.execute(BACK)
