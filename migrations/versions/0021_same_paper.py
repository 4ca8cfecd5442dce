"""The same paper is recognised by one digest of its folded words, by an index; a document number too, however written. Of open
ones it is taken here; of confidential ones by the portal's sweep, which has the key: the one of before was of other words."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"

# As portal.matters.sameness takes it; city by city, as row-level security wants it.
FILL = """
DO $$
DECLARE one integer;
BEGIN
  FOR one IN SELECT id FROM city LOOP
    PERFORM set_config('app.city', one::text, true);
    UPDATE matter_content SET fingerprint = {print} WHERE city_id = one AND (confidential OR plain->>'title' IS NOT NULL);
  END LOOP;
  PERFORM set_config('app.city', '', true);
END $$;
"""
OF_OPEN_ONES = """CASE WHEN NOT confidential THEN encode(sha256(convert_to(concat_ws(E'\\n',
      folded(coalesce(plain->>'title', '')), folded(coalesce(plain->>'leader', '')), folded(coalesce(plain->>'document_number', ''))
    ), 'UTF8')), 'hex') END"""
FOLDED_NUMBER = "folded(plain ->> 'document_number')"


def upgrade() -> None:
    """Taken, then indexed."""
    op.drop_index("ix_matter_content_fingerprint", table_name="matter_content")
    op.add_column(
        "matter_content", sa.Column("document_folded", sa.TEXT(), sa.Computed(FOLDED_NUMBER, persisted=True), nullable=True)
    )
    op.execute(FILL.format(print=OF_OPEN_ONES))
    op.create_index("ix_matter_content_fingerprint", "matter_content", ["city_id", "fingerprint"])
    op.create_index(
        "ix_matter_content_document",
        "matter_content",
        ["city_id", "document_folded"],
        postgresql_where=sa.text("document_folded IS NOT NULL"),
    )


def downgrade() -> None:
    """Without them; those of confidential ones are taken when they are first asked for."""
    op.drop_index("ix_matter_content_document", table_name="matter_content")
    op.drop_index("ix_matter_content_fingerprint", table_name="matter_content")
    op.execute(FILL.format(print="NULL"))
    op.drop_column("matter_content", "document_folded")
    op.create_index(
        "ix_matter_content_fingerprint",
        "matter_content",
        ["city_id", "fingerprint"],
        postgresql_where=sa.text("confidential"),
    )
