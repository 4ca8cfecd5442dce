"""A step that waits goes to the unit that took over, and names nobody who has left; a signed one stays as it was signed."""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"

# What migration 0003 froze stays frozen but for this: a seat's unit is no more, or whoever was named has left it.
FOLLOW = """
GRANT UPDATE (unit_id, named_person_id) ON step TO app;
CREATE FUNCTION step_follows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (
    SELECT FROM signature WHERE report_id = OLD.report_id AND generation = OLD.generation AND step = OLD.number
  ) THEN
    RAISE EXCEPTION 'a signed step stays as it was signed' USING ERRCODE = 'check_violation', CONSTRAINT = 'step_follows';
  END IF;
  IF NEW.unit_id <> OLD.unit_id AND NOT EXISTS (SELECT FROM unit WHERE id = OLD.unit_id AND retired_on IS NOT NULL) THEN
    RAISE EXCEPTION 'a step leaves no unit that exists' USING ERRCODE = 'check_violation', CONSTRAINT = 'step_follows';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER step_follows BEFORE UPDATE OF unit_id, named_person_id ON step
  FOR EACH ROW EXECUTE FUNCTION step_follows();
"""
BACK = """
DROP TRIGGER step_follows ON step;
DROP FUNCTION step_follows();
REVOKE UPDATE (unit_id, named_person_id) ON step FROM app;
"""


def upgrade() -> None:
    """Up."""
    op.execute(FOLLOW)


def downgrade() -> None:
    """Down."""
    op.execute(BACK)
