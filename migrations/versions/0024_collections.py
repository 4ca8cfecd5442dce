"""What is asked of many units by a day: drives are collections, nominations the units they ask, each with its answer.

The tables keep their rows and numbers, so that what messages and the journal lead to is found. What a unit has answered goes
to a table of its own, whom it names stays in `nomination`; rows are counted, and nothing is changed where one would be lost.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from portal.kernel.migrating import guard, in_each_city, seen_by_city, seen_whole

revision = "0024"
down_revision = "0023"

# (what, of which table now, its name before, its name after)
NAMES = (
    ("TABLE", "", "drive", "collection"),
    ("SEQUENCE", "", "drive_id_seq", "collection_id_seq"),
    ("CONSTRAINT", "collection", "pk_drive", "pk_collection"),
    ("CONSTRAINT", "collection", "fk_drive_unit_id", "fk_collection_unit_id"),
    ("CONSTRAINT", "collection", "fk_drive_opened_by_id", "fk_collection_opened_by_id"),
    ("CONSTRAINT", "collection", "fk_drive_city_id", "fk_collection_city_id"),
    ("INDEX", "", "ix_drive_unit", "ix_collection_asking"),
    ("INDEX", "", "ix_drive_running", "ix_collection_running"),
    ("TABLE", "", "nomination", "collection_unit"),
    ("SEQUENCE", "", "nomination_id_seq", "collection_unit_id_seq"),
    ("COLUMN", "collection_unit", "drive_id", "collection_id"),
    ("CONSTRAINT", "collection_unit", "pk_nomination", "pk_collection_unit"),
    ("CONSTRAINT", "collection_unit", "fk_nomination_drive_id", "fk_collection_unit_collection_id"),
    ("CONSTRAINT", "collection_unit", "fk_nomination_unit_id", "fk_collection_unit_unit_id"),
    ("CONSTRAINT", "collection_unit", "fk_nomination_city_id", "fk_collection_unit_city_id"),
    ("CONSTRAINT", "collection_unit", "uq_nomination_drive_id_unit_id", "uq_collection_unit_collection_id_unit_id"),
    ("INDEX", "", "ix_nomination_unit", "ix_collection_unit_unit"),
)

# What an answer is, with its name in each table.
ANSWER = (
    ("answered_at", "given_at", sa.DateTime(timezone=True)),
    ("answered_by_id", "given_by_id", sa.Integer()),
    ("returned", "returned", sa.String(200)),
    ("settled_at", "accepted_at", sa.DateTime(timezone=True)),
)
NAMED = (
    ("nominee_id", sa.Integer()),
    ("nominee_name", sa.String(60)),
    ("telephone", sa.String(40)),
    ("fax", sa.String(40)),
    ("email", sa.String(120)),
    ("leader", sa.String(60)),
    ("post_id", sa.Integer()),
)
REFERS = (("answered_by_id", "person"), ("nominee_id", "person"), ("post_id", "post"))
BEFORE = ", ".join([name for name, _now, _type in ANSWER] + [name for name, _type in NAMED])


def _counted(work: str) -> str:
    """The work in each city, undone where `after` is another number than `before`."""
    return in_each_city(f"""
    DECLARE before bigint; after bigint;
    BEGIN {work}
      IF after <> before THEN
        RAISE EXCEPTION 'city %: % answers, of which % would be carried', one, before, after;
      END IF;
    END;
""")


APART = _counted(f"""
    SELECT count(*) INTO before FROM collection_unit WHERE city_id = one AND num_nonnulls({BEFORE}) > 0;
    INSERT INTO collection_answer (asked_id, city_id, {", ".join(now for _name, now, _type in ANSWER)})
    SELECT id, city_id, {", ".join(name for name, _now, _type in ANSWER)} FROM collection_unit
    WHERE city_id = one AND num_nonnulls({BEFORE}) > 0;
    INSERT INTO nomination (asked_id, city_id, {", ".join(name for name, _type in NAMED)})
    SELECT u.id, u.city_id, {", ".join(f"u.{name}" for name, _type in NAMED)}
    FROM collection_unit u JOIN collection_answer a ON a.asked_id = u.id WHERE u.city_id = one;
    SELECT count(*) INTO after FROM nomination n JOIN collection_answer a USING (asked_id) WHERE n.city_id = one;
""")
TOGETHER = _counted(f"""
    SELECT count(*) INTO before FROM collection_answer WHERE city_id = one;
    UPDATE collection_unit u SET {", ".join(f"{name} = a.{now}" for name, now, _type in ANSWER)},
      {", ".join(f"{name} = n.{name}" for name, _type in NAMED)}
    FROM collection_answer a JOIN nomination n USING (asked_id) WHERE a.asked_id = u.id AND u.city_id = one;
    GET DIAGNOSTICS after = ROW_COUNT;
""")


def upgrade() -> None:
    """Renamed, then taken apart."""
    for what, table, before, after in NAMES:
        op.execute(_renamed(what, table, before, after))
    op.add_column("collection", sa.Column("kind", sa.String(16), server_default="drive", nullable=False))
    op.alter_column("collection", "kind", server_default=None)
    op.create_table(
        "collection_answer",
        sa.Column("asked_id", sa.Integer(), nullable=False),
        *(sa.Column(now, kind, nullable=now != "given_by_id") for _name, now, kind in ANSWER),
        _city(),
        _refers("collection_answer", "asked_id", "collection_unit"),
        _refers("collection_answer", "given_by_id", "person"),
        _refers("collection_answer", "city_id", "city"),
        sa.PrimaryKeyConstraint("asked_id", name=op.f("pk_collection_answer")),
    )
    op.create_table(
        "nomination",
        sa.Column("asked_id", sa.Integer(), nullable=False),
        *(sa.Column(name, kind, nullable=name not in ("nominee_name", "telephone")) for name, kind in NAMED),
        _city(),
        _refers("nomination", "asked_id", "collection_answer", "asked_id"),
        _refers("nomination", "nominee_id", "person"),
        _refers("nomination", "post_id", "post"),
        _refers("nomination", "city_id", "city"),
        sa.PrimaryKeyConstraint("asked_id", name=op.f("pk_nomination")),
    )
    for table in ("collection_answer", "nomination"):
        op.execute(guard(table))
    op.execute(APART)
    for name in BEFORE.split(", "):
        op.drop_column("collection_unit", name)


def downgrade() -> None:
    """Put together, then renamed."""
    for name, _now, kind in ANSWER:
        op.add_column("collection_unit", sa.Column(name, kind))
    for name, kind in NAMED:
        op.add_column("collection_unit", sa.Column(name, kind))
    op.execute(TOGETHER)
    op.drop_table("nomination")
    op.drop_table("collection_answer")
    referring = ("collection_unit", *dict.fromkeys(to for _name, to in REFERS))
    op.execute(seen_whole(*referring))
    for name, to in REFERS:
        op.create_foreign_key(op.f(f"fk_nomination_{name}"), "collection_unit", to, [name], ["id"])
    op.execute(seen_by_city(*referring))
    op.drop_column("collection", "kind")
    for what, table, before, after in reversed(NAMES):
        op.execute(_renamed(what, table, after, before))


def _renamed(what: str, table: str, former: str, name: str) -> str:
    return f"ALTER TABLE {table} RENAME {what} {former} TO {name}" if table else f"ALTER {what} {former} RENAME TO {name}"


def _city() -> sa.Column[int]:
    return sa.Column("city_id", sa.Integer(), server_default=sa.text("current_setting('app.city')::integer"), nullable=False)


def _refers(table: str, column: str, to: str, key: str = "id") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.{key}"], name=op.f(f"fk_{table}_{column}"))
