"""Whoever signed one step of a report signs no other, for the database too."""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Up."""
    op.create_unique_constraint(
        op.f("uq_signature_report_id_generation_person_id"), "signature", ["report_id", "generation", "person_id"]
    )


def downgrade() -> None:
    """Down."""
    op.drop_constraint(op.f("uq_signature_report_id_generation_person_id"), "signature", type_="unique")
