"""件: one row for whatever has readers, and everything that belongs to it hangs on that row. Instructions are its first kind:
their numbers move there, their content is called content, and no word is touched.

A part of another city's record, or one that is open where its record is confidential, cannot be written from here on; where
there were such a part already the migration would refuse it, and change nothing.
"""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa
from alembic import op

from portal.kernel.migrating import guard, in_each_city, seen_by_city, seen_whole

revision = "0022"
down_revision = "0021"


class Part(NamedTuple):
    """A table whose rows belong to a record. `sealed`: it says itself whether it is confidential; `goes`: its rows go with
    the record; `renamed`: indexes and unique constraints that bear the column's name, as before and after."""

    table: str
    sealed: bool = False
    goes: bool = True
    indexes: tuple[tuple[str, str], ...] = ()
    unique: tuple[tuple[str, str], ...] = ()

    @property
    def key(self) -> str:
        return f"fk_{self.table}_city_id_record_id" + ("_confidential" if self.sealed else "")


def _index(table: str) -> tuple[tuple[str, str], ...]:
    return ((f"ix_{table}_matter", f"ix_{table}_record"),)


PARTS = (
    Part("viewer"),
    Part("audience"),
    Part("content", sealed=True, unique=(("uq_content_matter_id", "uq_content_record_id"),)),
    Part("search_entry", sealed=True),
    Part("entry", sealed=True, indexes=_index("entry")),
    Part("report", sealed=True, unique=(("uq_report_matter_id_kind_draft", "uq_report_record_id_kind_draft"),)),
    Part("submission", sealed=True, goes=False, indexes=_index("submission")),
    Part("attachment", sealed=True, indexes=_index("attachment")),
    Part("clock", unique=(("uq_clock_matter_id_kind", "uq_clock_record_id_kind"),)),
    Part("milestone", indexes=_index("milestone")),
    Part("extension", sealed=True, indexes=(("ix_extension_matter_id", "ix_extension_record_id"),)),
    Part("sign_off", indexes=(("ix_sign_off_matter_id", "ix_sign_off_record_id"),)),
    Part("step", indexes=_index("step")),
    Part("signer", indexes=_index("signer")),
    Part("signature", goes=False, indexes=_index("signature")),
    Part("issue", goes=False, indexes=_index("issue")),
    Part("message", goes=False),
    Part("reminder"),
    Part("reading", goes=False, indexes=_index("reading")),
    Part("handover_item"),
)

# Their owner looks for whom each foreign key refers to. Who searches reads search_entry as its owner always (0001).
CHECKED = ("unit", "person", "record", "matter", "co_unit", *(part.table for part in PARTS if part.table != "search_entry"))

FILL = in_each_city(r"""
    INSERT INTO record
      (id, city_id, kind, confidential, unit_id, series, year, sequence, number, request_key, created_at, created_by_id)
    SELECT id, city_id, kind, confidential, registering_unit_id,
      kind || CASE WHEN confidential THEN '\:confidential' ELSE '' END,
      year, sequence, number, request_key, registered_at, registered_by_id
    FROM matter WHERE city_id = one;
    IF (SELECT count(*) FROM matter) <> (SELECT count(*) FROM record) THEN
      RAISE EXCEPTION 'not every matter of city % became a record', one;
    END IF;
""")
BACK = in_each_city("""
    UPDATE matter SET kind = r.kind, number = r.number, registering_unit_id = r.unit_id, year = r.year, sequence = r.sequence,
      request_key = r.request_key, registered_at = r.created_at, registered_by_id = r.created_by_id
    FROM record r WHERE r.id = matter.id AND r.city_id = one AND matter.city_id = one;
    IF EXISTS (SELECT FROM record WHERE NOT EXISTS (SELECT FROM matter WHERE matter.id = record.id)) THEN
      RAISE EXCEPTION 'city % has records of another kind than instructions', one;
    END IF;
""")
# Constraints and indexes bear the name of their table.
NAMED_AFTER_TABLE = """
DO $$
DECLARE called text;
BEGIN
  FOR called IN SELECT conname FROM pg_constraint
    WHERE conrelid = '{new}'::regclass AND conname LIKE '%\\_{old}\\_%' OR conrelid = '{new}'::regclass AND conname LIKE '%\\_{old}'
  LOOP
    EXECUTE format('ALTER TABLE {new} RENAME CONSTRAINT %I TO %I', called, replace(called, '_{old}', '_{new}'));
  END LOOP;
  FOR called IN SELECT indexname FROM pg_indexes
    WHERE schemaname = 'public' AND tablename = '{new}' AND indexname LIKE 'ix\\_{old}\\_%'
  LOOP
    EXECUTE format('ALTER INDEX %I RENAME TO %I', called, replace(called, '_{old}', '_{new}'));
  END LOOP;
END $$;
"""
# As in 0016, but for the names.
SEARCH = """
DROP FUNCTION {before}_holding(text[], bigint[], integer);
CREATE FUNCTION {now}_holding(pairs text[], principals bigint[], most integer) RETURNS SETOF uuid
LANGUAGE plpgsql STABLE STRICT SECURITY DEFINER ROWS 1000
SET search_path = pg_catalog SET enable_seqscan = off AS $$
BEGIN
  RETURN QUERY EXECUTE
    'SELECT DISTINCT found.{key} FROM ('
    ' SELECT entry.{key} FROM public.search_entry entry'
    ' JOIN public.viewer ON viewer.{key} = entry.{key} AND viewer.principal = ANY ($2)'
    ' WHERE entry.city_id = $4 AND viewer.city_id = $4 AND entry.grams @> $1'
    ' LIMIT $3::bigint * 2 * greatest(cardinality($2), 1)'
    ') found LIMIT $3'
    USING pairs, principals, most, nullif(current_setting('app.city', true), '')::integer;
END $$;
REVOKE ALL ON FUNCTION {now}_holding(text[], bigint[], integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION {now}_holding(text[], bigint[], integer) TO app;
"""


def upgrade() -> None:
    """Up."""
    op.create_table(
        "record",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("confidential", sa.Boolean(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("series", sa.String(length=40), nullable=True),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("sequence", sa.Integer(), nullable=True),
        sa.Column("number", sa.String(length=40), nullable=True),
        sa.Column("request_key", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=False),
        sa.Column("city_id", sa.Integer(), server_default=sa.text("current_setting('app.city')::integer"), nullable=False),
        sa.CheckConstraint("num_nulls(series, year, sequence, number) IN (0, 4)", name=op.f("ck_record_numbered")),
        sa.ForeignKeyConstraint(["city_id"], ["city.id"], name=op.f("fk_record_city_id")),
        sa.ForeignKeyConstraint(["created_by_id"], ["person.id"], name=op.f("fk_record_created_by_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_record_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_record")),
        sa.UniqueConstraint("city_id", "id", name=op.f("uq_record_city_id_id")),
        sa.UniqueConstraint("city_id", "id", "confidential", name=op.f("uq_record_city_id_id_confidential")),
        sa.UniqueConstraint(
            "city_id", "unit_id", "series", "year", "sequence", name=op.f("uq_record_city_id_unit_id_series_year_sequence")
        ),
        sa.UniqueConstraint("city_id", "request_key", name=op.f("uq_record_city_id_request_key")),
    )
    op.execute(guard("record", columns=("series", "year", "sequence", "number"), delete=False))
    op.execute(FILL)
    op.create_index("ix_record_number", "record", ["number"])
    op.rename_table("matter_content", "content")
    op.execute(NAMED_AFTER_TABLE.format(old="matter_content", new="content"))
    op.execute(seen_whole(*CHECKED))
    for part in PARTS:
        op.drop_constraint(f"fk_{part.table}_matter_id", part.table, type_="foreignkey")
        op.alter_column(part.table, "matter_id", new_column_name="record_id")
        _rename(part, forth=True)
        _hang(part)
    op.execute(SEARCH.format(before="matters", now="records", key="record_id"))
    op.create_unique_constraint("uq_matter_city_id_id", "matter", ["city_id", "id"])
    _tie("matter", ("parent_id", "previous_id"))
    op.drop_constraint("fk_co_unit_matter_id", "co_unit", type_="foreignkey")
    op.create_foreign_key(
        "fk_co_unit_city_id_matter_id", "co_unit", "matter", ["city_id", "matter_id"], ["city_id", "id"], ondelete="CASCADE"
    )
    op.create_foreign_key(
        "fk_matter_city_id_id_confidential",
        "matter",
        "record",
        ["city_id", "id", "confidential"],
        ["city_id", "id", "confidential"],
    )
    for column in ("kind", "number", "registering_unit_id", "year", "sequence", "request_key", "registered_at", "registered_by_id"):
        op.drop_column("matter", column)
    op.execute(seen_by_city(*CHECKED))


def downgrade() -> None:
    """Down: possible as long as there are records of no other kind."""
    for column, kind in (
        ("kind", sa.String(length=16)),
        ("number", sa.String(length=40)),
        ("registering_unit_id", sa.Integer()),
        ("year", sa.Integer()),
        ("sequence", sa.Integer()),
        ("request_key", sa.Uuid()),
        ("registered_at", sa.DateTime(timezone=True)),
        ("registered_by_id", sa.Integer()),
    ):
        op.add_column("matter", sa.Column(column, kind, nullable=True))
    op.execute(BACK)
    op.execute(seen_whole(*CHECKED))
    for column in ("kind", "number", "registering_unit_id", "year", "sequence", "request_key", "registered_at", "registered_by_id"):
        op.alter_column("matter", column, nullable=False)
    op.create_foreign_key("fk_matter_registering_unit_id", "matter", "unit", ["registering_unit_id"], ["id"])
    op.create_foreign_key("fk_matter_registered_by_id", "matter", "person", ["registered_by_id"], ["id"])
    op.create_unique_constraint("uq_matter_city_id_request_key", "matter", ["city_id", "request_key"])
    op.create_unique_constraint(
        "uq_matter_city_id_registering_unit_id_kind_year_confidential_sequence"[:63],
        "matter",
        ["city_id", "registering_unit_id", "kind", "year", "confidential", "sequence"],
    )
    op.create_index("ix_matter_number", "matter", ["number"])
    op.drop_constraint("fk_matter_city_id_id_confidential", "matter", type_="foreignkey")
    op.drop_constraint("fk_co_unit_city_id_matter_id", "co_unit", type_="foreignkey")
    op.create_foreign_key("fk_co_unit_matter_id", "co_unit", "matter", ["matter_id"], ["id"], ondelete="CASCADE")
    for column in ("parent_id", "previous_id"):
        op.drop_constraint(f"fk_matter_city_id_{column}", "matter", type_="foreignkey")
        op.create_foreign_key(f"fk_matter_{column}", "matter", "matter", [column], ["id"])
    op.drop_constraint("uq_matter_city_id_id", "matter", type_="unique")
    for part in reversed(PARTS):
        op.drop_constraint(part.key, part.table, type_="foreignkey")
        op.alter_column(part.table, "record_id", new_column_name="matter_id")
        _rename(part, forth=False)
        op.create_foreign_key(
            f"fk_{part.table}_matter_id", part.table, "matter", ["matter_id"], ["id"], ondelete="CASCADE" if part.goes else None
        )
    op.execute(SEARCH.format(before="records", now="matters", key="matter_id"))
    op.execute(seen_by_city(*CHECKED))
    op.rename_table("content", "matter_content")
    op.execute(NAMED_AFTER_TABLE.format(old="content", new="matter_content"))
    op.drop_table("record")


def _rename(part: Part, *, forth: bool) -> None:
    for pair in part.indexes:
        old, new = pair if forth else reversed(pair)
        op.execute(f"ALTER INDEX {old} RENAME TO {new}")
    for pair in part.unique:
        old, new = pair if forth else reversed(pair)
        op.execute(f"ALTER TABLE {part.table} RENAME CONSTRAINT {old} TO {new}")


def _hang(part: Part) -> None:
    key = ["city_id", "record_id", *(["confidential"] if part.sealed else [])]
    whole = ["city_id", "id", *(["confidential"] if part.sealed else [])]
    op.create_foreign_key(part.key, part.table, "record", key, whole, ondelete="CASCADE" if part.goes else None)


def _tie(table: str, columns: tuple[str, ...]) -> None:
    for column in columns:
        op.drop_constraint(f"fk_{table}_{column}", table, type_="foreignkey")
        op.create_foreign_key(f"fk_{table}_city_id_{column}", table, "matter", ["city_id", column], ["city_id", "id"])
