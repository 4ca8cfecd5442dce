"""How people are told: settings, digests, addresses confirmed by a code, and a channel's pace."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"

CITY = sa.text("current_setting('app.city')::integer")

GUARD = """
DO $$
DECLARE guarded text;
BEGIN
  FOREACH guarded IN ARRAY ARRAY['notification_setting', 'channel_address', 'address_change'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', guarded);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', guarded);
    EXECUTE format('CREATE POLICY of_city ON %I USING (city_id ='
                   ' (SELECT nullif(current_setting(%L, true), %L)::integer))', guarded, 'app.city', '');
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO app', guarded);
  END LOOP;
END $$;
GRANT SELECT, INSERT, UPDATE ON channel_pace TO app;
"""
# Their owner sees every city's deliveries for these statements alone.
ADDRESSED = """
ALTER TABLE delivery NO FORCE ROW LEVEL SECURITY;
ALTER TABLE message NO FORCE ROW LEVEL SECURITY;
UPDATE delivery SET person_id = message.person_id FROM message WHERE message.id = delivery.message_id;
ALTER TABLE message FORCE ROW LEVEL SECURITY;
ALTER TABLE delivery FORCE ROW LEVEL SECURITY;
"""
MESSAGES_ALONE = """
ALTER TABLE delivery NO FORCE ROW LEVEL SECURITY;
DELETE FROM delivery WHERE message_id IS NULL;
UPDATE delivery SET state = 'waiting' WHERE state = 'for_digest';
UPDATE delivery SET state = 'dropped' WHERE state = 'in_digest';
ALTER TABLE delivery FORCE ROW LEVEL SECURITY;
"""


def upgrade() -> None:
    op.create_table(
        "notification_setting",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("ways", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("quiet_from", sa.Time(), nullable=True),
        sa.Column("quiet_to", sa.Time(), nullable=True),
        sa.Column("quiet_days_off", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("city_id", sa.Integer(), server_default=CITY, nullable=False),
        sa.ForeignKeyConstraint(["city_id"], ["city.id"], name=op.f("fk_notification_setting_city_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_notification_setting_person_id")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_notification_setting")),
    )
    op.create_table(
        "channel_address",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=12), nullable=False),
        sa.Column("address", sa.String(length=120), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("city_id", sa.Integer(), server_default=CITY, nullable=False),
        sa.ForeignKeyConstraint(["city_id"], ["city.id"], name=op.f("fk_channel_address_city_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_channel_address_person_id")),
        sa.PrimaryKeyConstraint("person_id", "channel", name=op.f("pk_channel_address")),
    )
    op.create_table(
        "address_change",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=12), nullable=False),
        sa.Column("address", sa.String(length=120), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("city_id", sa.Integer(), server_default=CITY, nullable=False),
        sa.ForeignKeyConstraint(["city_id"], ["city.id"], name=op.f("fk_address_change_city_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_address_change_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_address_change")),
    )
    op.create_index("ix_address_change_person", "address_change", ["person_id", "asked_at"], unique=False)
    op.create_table(
        "channel_pace",
        sa.Column("channel", sa.String(length=12), nullable=False),
        sa.Column("minute", sa.BigInteger(), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("channel", name=op.f("pk_channel_pace")),
    )
    op.execute(GUARD)

    op.add_column("delivery", sa.Column("person_id", sa.Integer(), nullable=True))
    op.add_column("delivery", sa.Column("digest_on", sa.Date(), nullable=True))
    op.add_column("delivery", sa.Column("address_change_id", sa.Uuid(), nullable=True))
    op.execute(ADDRESSED)
    op.alter_column("delivery", "person_id", nullable=False)
    op.alter_column("delivery", "message_id", nullable=True)
    op.create_foreign_key(op.f("fk_delivery_person_id"), "delivery", "person", ["person_id"], ["id"])
    op.create_foreign_key(
        op.f("fk_delivery_address_change_id"),
        "delivery",
        "address_change",
        ["address_change_id"],
        ["id"],
        ondelete="CASCADE",
    )
    op.create_unique_constraint(op.f("uq_delivery_person_id_channel_digest_on"), "delivery", ["person_id", "channel", "digest_on"])
    op.create_unique_constraint(op.f("uq_delivery_address_change_id"), "delivery", ["address_change_id"])
    op.create_check_constraint(
        op.f("ck_delivery_of_one_thing"), "delivery", "num_nonnulls(message_id, digest_on, address_change_id) = 1"
    )
    op.create_index(
        "ix_delivery_for_digest",
        "delivery",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("state = 'for_digest'"),
    )


def downgrade() -> None:
    op.drop_index("ix_delivery_for_digest", table_name="delivery", postgresql_where=sa.text("state = 'for_digest'"))
    op.drop_constraint(op.f("ck_delivery_of_one_thing"), "delivery", type_="check")
    op.drop_constraint(op.f("uq_delivery_address_change_id"), "delivery", type_="unique")
    op.drop_constraint(op.f("uq_delivery_person_id_channel_digest_on"), "delivery", type_="unique")
    op.drop_constraint(op.f("fk_delivery_address_change_id"), "delivery", type_="foreignkey")
    op.drop_constraint(op.f("fk_delivery_person_id"), "delivery", type_="foreignkey")
    op.execute(MESSAGES_ALONE)
    op.alter_column("delivery", "message_id", nullable=False)
    op.drop_column("delivery", "address_change_id")
    op.drop_column("delivery", "digest_on")
    op.drop_column("delivery", "person_id")
    op.drop_table("channel_pace")
    op.drop_index("ix_address_change_person", table_name="address_change")
    op.drop_table("address_change")
    op.drop_table("channel_address")
    op.drop_table("notification_setting")
