"""People: how posts end, what a delegation covers, absences, liaison officers, drives, handovers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"

# As in the first migration: row-level security by city, enabled and forced.
GUARDED = ("absence", "contact", "drive", "nomination", "handover", "handover_post", "handover_item", "handover_receiver")
GUARD = """
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
CREATE POLICY of_city ON {table} USING (city_id = (SELECT nullif(current_setting('app.city', true), '')::integer));
GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO app;
"""


def _city() -> sa.Column[int]:
    return sa.Column("city_id", sa.Integer(), server_default=sa.text("current_setting('app.city')::integer"), nullable=False)


def _refers(table: str, column: str, to: str, **more: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}"), **more)


def _at(name: str, *, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False)


def upgrade() -> None:
    op.add_column("post", sa.Column("reason", sa.String(200)))
    op.add_column("post", sa.Column("end_reason", sa.String(200)))
    op.add_column("post", sa.Column("successor_id", sa.Integer()))
    op.add_column("post", _at("settled_at"))
    op.create_foreign_key(op.f("fk_post_successor_id"), "post", "post", ["successor_id"], ["id"])
    op.create_index("ix_post_ended", "post", ["to_on"], postgresql_where=sa.text("to_on IS NOT NULL AND settled_at IS NULL"))
    op.add_column("delegation", sa.Column("acts", postgresql.ARRAY(sa.TEXT()), server_default=sa.text("'{all}'"), nullable=False))
    op.add_column("delegation", sa.Column("set_by_id", sa.Integer()))
    op.add_column("delegation", sa.Column("reason", sa.String(200)))
    op.create_foreign_key(op.f("fk_delegation_set_by_id"), "delegation", "person", ["set_by_id"], ["id"])
    op.create_index(
        "ix_matter_content_handler_post",
        "matter_content",
        ["handler_post_id"],
        postgresql_where=sa.text("handler_post_id IS NOT NULL"),
    )
    op.create_index("ix_matter_content_reviewer", "matter_content", ["reviewer_id"], postgresql_where=sa.text("confidential"))
    op.create_index("ix_co_unit_handler", "co_unit", ["handler_id"], postgresql_where=sa.text("handler_id IS NOT NULL"))
    op.create_index("ix_sign_off_running", "sign_off", ["report_id", "generation"], postgresql_where=sa.text("ended_at IS NULL"))
    op.create_table(
        "absence",
        _id(),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("note", sa.String(60)),
        _at("made_at", nullable=False),
        _at("ended_at"),
        _city(),
        sa.CheckConstraint("last_on >= from_on", name=op.f("ck_absence_order")),
        _refers("absence", "person_id", "person"),
        _refers("absence", "city_id", "city"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absence")),
    )
    op.create_index("ix_absence_person", "absence", ["person_id", "last_on"])
    op.create_table(
        "contact",
        sa.Column("post_id", sa.Integer(), nullable=False),
        sa.Column("telephone", sa.String(40), nullable=False),
        sa.Column("fax", sa.String(40)),
        sa.Column("email", sa.String(120)),
        sa.Column("leader", sa.String(60)),
        sa.Column("confirmed_on", sa.Date()),
        _at("changed_at", nullable=False),
        _city(),
        _refers("contact", "post_id", "post"),
        _refers("contact", "city_id", "city"),
        sa.PrimaryKeyConstraint("post_id", name=op.f("pk_contact")),
    )
    op.create_table(
        "drive",
        _id(),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(80), nullable=False),
        sa.Column("words", sa.String(500)),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("opened_by_id", sa.Integer(), nullable=False),
        _at("opened_at", nullable=False),
        _at("closed_at"),
        _at("reminded_at"),
        sa.Column("urges", sa.Integer(), nullable=False),
        _city(),
        _refers("drive", "unit_id", "unit"),
        _refers("drive", "opened_by_id", "person"),
        _refers("drive", "city_id", "city"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drive")),
    )
    op.create_index("ix_drive_unit", "drive", ["unit_id", "id"])
    op.create_index("ix_drive_running", "drive", ["until"], postgresql_where=sa.text("closed_at IS NULL AND reminded_at IS NULL"))
    op.create_table(
        "nomination",
        _id(),
        sa.Column("drive_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        _at("answered_at"),
        sa.Column("answered_by_id", sa.Integer()),
        sa.Column("nominee_id", sa.Integer()),
        sa.Column("nominee_name", sa.String(60)),
        sa.Column("telephone", sa.String(40)),
        sa.Column("fax", sa.String(40)),
        sa.Column("email", sa.String(120)),
        sa.Column("leader", sa.String(60)),
        sa.Column("returned", sa.String(200)),
        _at("settled_at"),
        sa.Column("post_id", sa.Integer()),
        _city(),
        _refers("nomination", "drive_id", "drive"),
        _refers("nomination", "unit_id", "unit"),
        _refers("nomination", "answered_by_id", "person"),
        _refers("nomination", "nominee_id", "person"),
        _refers("nomination", "post_id", "post"),
        _refers("nomination", "city_id", "city"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_nomination")),
        sa.UniqueConstraint("drive_id", "unit_id", name=op.f("uq_nomination_drive_id_unit_id")),
    )
    op.create_index("ix_nomination_unit", "nomination", ["unit_id"])
    op.create_table(
        "handover",
        _id(),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("made_by_id", sa.Integer(), nullable=False),
        _at("made_at", nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        _city(),
        _refers("handover", "person_id", "person"),
        _refers("handover", "made_by_id", "person"),
        _refers("handover", "city_id", "city"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handover")),
    )
    op.create_index("ix_handover_person", "handover", ["person_id"])
    op.create_table(
        "handover_post",
        sa.Column("handover_id", sa.Integer(), nullable=False),
        sa.Column("post_id", sa.Integer(), nullable=False),
        _city(),
        _refers("handover_post", "handover_id", "handover"),
        _refers("handover_post", "post_id", "post"),
        _refers("handover_post", "city_id", "city"),
        sa.PrimaryKeyConstraint("handover_id", "post_id", name=op.f("pk_handover_post")),
    )
    op.create_table(
        "handover_item",
        _id(),
        sa.Column("handover_id", sa.Integer(), nullable=False),
        sa.Column("matter_id", sa.Uuid(), nullable=False),
        sa.Column("task", sa.String(16), nullable=False),
        sa.Column("receiver_id", sa.Integer()),
        _city(),
        _refers("handover_item", "handover_id", "handover"),
        _refers("handover_item", "matter_id", "matter", ondelete="CASCADE"),
        _refers("handover_item", "receiver_id", "person"),
        _refers("handover_item", "city_id", "city"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handover_item")),
    )
    op.create_index("ix_handover_item", "handover_item", ["handover_id", "id"])
    op.create_table(
        "handover_receiver",
        sa.Column("handover_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        _at("signed_at"),
        sa.Column("authentication", sa.String(16)),
        _city(),
        _refers("handover_receiver", "handover_id", "handover"),
        _refers("handover_receiver", "person_id", "person"),
        _refers("handover_receiver", "city_id", "city"),
        sa.PrimaryKeyConstraint("handover_id", "person_id", name=op.f("pk_handover_receiver")),
    )
    op.create_index("ix_handover_receiver", "handover_receiver", ["person_id"])
    for table in GUARDED:
        op.execute(GUARD.format(table=table))
    op.execute("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO app")


def downgrade() -> None:
    for table in reversed(GUARDED):
        op.drop_table(table)
    op.drop_index("ix_sign_off_running", table_name="sign_off")
    op.drop_index("ix_co_unit_handler", table_name="co_unit")
    op.drop_index("ix_matter_content_reviewer", table_name="matter_content")
    op.drop_index("ix_matter_content_handler_post", table_name="matter_content")
    op.drop_constraint(op.f("fk_delegation_set_by_id"), "delegation", type_="foreignkey")
    for column in ("reason", "set_by_id", "acts"):
        op.drop_column("delegation", column)
    op.drop_index("ix_post_ended", table_name="post")
    op.drop_constraint(op.f("fk_post_successor_id"), "post", type_="foreignkey")
    for column in ("settled_at", "successor_id", "end_reason", "reason"):
        op.drop_column("post", column)
