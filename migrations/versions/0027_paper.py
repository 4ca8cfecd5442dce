"""文稿: the closing report is one use of a paper, which is drafted, signed, issued, numbered and kept; a sign-off has an id of its
own, by which its steps, signers, signatures and the text that was submitted are kept.

For a reader of the SQL: `report` is called `paper`, with the same ids; its words stay sealed under `report`. A sign-off takes the
id that its submission had, and shares it from here on, so that what was submitted stays sealed under its own id and no word is
moved. `report_id` is `paper_id` in `sign_off`, `issue`, `entry` and `attachment`; (report_id, generation) is `sign_off_id` in
`step`, `signer`, `signature`, `issue` and `submission`. Of an issue `step` is the last one: it refers to the signature and, with
the paper, to the end of the sign-off; `signed` says that the paper needs both, and the paper's own `signed` never changes.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from portal.kernel.migrating import in_each_city, rewritten, seen_by_city, seen_whole

revision = "0027"
down_revision = "0026"

# (what, of which table as it is called now, its name before, its name after)
NAMES = (
    ("TABLE", "", "report", "paper"),
    ("CONSTRAINT", "paper", "pk_report", "pk_paper"),
    ("CONSTRAINT", "paper", "ck_report_plain_or_sealed", "ck_paper_plain_or_sealed"),
    ("CONSTRAINT", "paper", "fk_report_city_id", "fk_paper_city_id"),
    ("CONSTRAINT", "paper", "fk_report_city_id_record_id_confidential", "fk_paper_city_id_record_id_confidential"),
    ("CONSTRAINT", "paper", "fk_report_drafter_id", "fk_paper_drafter_id"),
    ("CONSTRAINT", "paper", "fk_report_drafter_post_id", "fk_paper_drafter_post_id"),
    ("CONSTRAINT", "paper", "uq_report_record_id_kind_draft", "uq_paper_record_id_kind_draft"),
    ("COLUMN", "sign_off", "report_id", "paper_id"),
    ("CONSTRAINT", "sign_off", "fk_sign_off_report_id", "fk_sign_off_paper_id"),
    ("COLUMN", "issue", "report_id", "paper_id"),
    ("COLUMN", "entry", "report_id", "paper_id"),
    ("CONSTRAINT", "entry", "fk_entry_report_id", "fk_entry_paper_id"),
    ("COLUMN", "attachment", "report_id", "paper_id"),
    ("CONSTRAINT", "attachment", "fk_attachment_report_id", "fk_attachment_paper_id"),
    ("COLUMN", "submission", "id", "sign_off_id"),
)
PARTS = ("step", "signer", "signature")
"""Whose rows were kept by paper and generation."""
WRITTEN_ONCE = ("signature", "issue")
WHOLE = ("paper", "sign_off", *PARTS, "issue", "submission")
SETTLED = "state, generation, saved, drafter_id, drafter_post_id, changed_at, issued_at, document_number, plain, sealed"
"""What of a paper may still change; nor is one ever deleted by itself."""


IDENTIFY = in_each_city("""
    UPDATE sign_off SET id = coalesce(
      (SELECT m.sign_off_id FROM submission m WHERE m.report_id = sign_off.paper_id AND m.generation = sign_off.generation),
      gen_random_uuid()
    ) WHERE city_id = one;
""")
FILL = {
    table: in_each_city(
        f"UPDATE {table} SET sign_off_id = s.id FROM sign_off s"
        f" WHERE s.paper_id = {table}.{paper} AND s.generation = {table}.generation AND {table}.city_id = one;"
    )
    for table, paper in (*((table, "report_id") for table in PARTS), ("issue", "paper_id"))
}
BACK = {
    **{
        table: in_each_city(
            f"UPDATE {table} SET report_id = s.paper_id, generation = s.generation FROM sign_off s"
            f" WHERE s.id = {table}.sign_off_id AND {table}.city_id = one;"
        )
        for table in (*PARTS, "submission")
    },
    "issue": in_each_city("""
        UPDATE issue SET generation = s.generation, last_step = issue.step FROM sign_off s
        WHERE s.id = issue.sign_off_id AND issue.city_id = one;
    """),
}
NOTHING_ELSE = in_each_city("""
    IF EXISTS (SELECT FROM paper WHERE city_id = one AND (kind <> 'closing_report' OR NOT signed)) THEN
      RAISE EXCEPTION 'city % has papers other than closing reports', one;
    END IF;
""")
# As in 0009 and 0012, but for the key.
TRIGGERS = """
CREATE OR REPLACE FUNCTION step_follows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM signature WHERE {signature} AND step = OLD.number) THEN
    RAISE EXCEPTION 'a signed step stays as it was signed' USING ERRCODE = 'check_violation', CONSTRAINT = 'step_follows';
  END IF;
  IF NEW.unit_id <> OLD.unit_id AND NOT EXISTS (SELECT FROM unit WHERE id = OLD.unit_id AND retired_on IS NOT NULL) THEN
    RAISE EXCEPTION 'a step leaves no unit that exists' USING ERRCODE = 'check_violation', CONSTRAINT = 'step_follows';
  END IF;
  RETURN NEW;
END $$;
CREATE OR REPLACE FUNCTION signature_while_it_runs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM sign_off WHERE {sign_off} AND ended_at IS NOT NULL) THEN
    RAISE EXCEPTION 'this sign-off has ended' USING ERRCODE = 'check_violation', CONSTRAINT = 'signature_while_it_runs';
  END IF;
  RETURN NEW;
END $$;
"""


def upgrade() -> None:
    """Up."""
    for what, table, before, after in NAMES:
        op.execute(_renamed(what, table, before, after))
    op.add_column("paper", sa.Column("signed", sa.Boolean(), server_default=sa.true(), nullable=False))
    op.alter_column("paper", "signed", server_default=None)
    op.add_column("sign_off", sa.Column("id", sa.Uuid()))
    for table in (*PARTS, "issue"):
        op.add_column(table, sa.Column("sign_off_id", sa.Uuid()))
    op.add_column("issue", sa.Column("signed", sa.Boolean(), server_default=sa.true(), nullable=False))
    op.alter_column("issue", "signed", server_default=None)
    op.execute(IDENTIFY)
    for table, work in FILL.items():
        op.execute(rewritten(table, work) if table in WRITTEN_ONCE else work)
    op.execute(seen_whole(*WHOLE))
    # Columns take their keys with them, and nothing else: what still refers to one stops the migration.
    op.drop_constraint("fk_submission_report_id_generation", "submission", type_="foreignkey")
    op.drop_constraint("fk_issue_last_step", "issue", type_="foreignkey")
    op.drop_constraint("fk_issue_signature", "issue", type_="foreignkey")
    for name in ("previous_step", "signer", "drafter", "digest"):
        op.drop_constraint(f"fk_signature_{name}", "signature", type_="foreignkey")
    op.drop_constraint("fk_signer_report_id_generation_step", "signer", type_="foreignkey")
    op.drop_constraint("fk_step_report_id_generation", "step", type_="foreignkey")
    for table in PARTS:
        op.drop_column(table, "report_id")
        op.drop_column(table, "generation")
    for column in ("generation", "last_step"):
        op.drop_column("issue", column)
    op.drop_column("submission", "report_id")
    op.drop_index("ix_sign_off_running", table_name="sign_off")
    for name in ("pk_sign_off", "uq_sign_off_digest", "uq_sign_off_last_step", "uq_sign_off_report_id_generation_drafter_id"):
        op.drop_constraint(name, "sign_off")

    op.create_primary_key("pk_sign_off", "sign_off", ["id"])
    op.create_unique_constraint("uq_sign_off_paper_id_generation", "sign_off", ["paper_id", "generation"])
    op.create_unique_constraint("uq_sign_off_id_drafter_id", "sign_off", ["id", "drafter_id"])
    op.create_unique_constraint("uq_sign_off_digest", "sign_off", ["id", "digest"])
    op.create_unique_constraint("uq_sign_off_last_step", "sign_off", ["id", "paper_id", "last_step"])
    op.create_index("ix_sign_off_running", "sign_off", ["record_id"], postgresql_where=sa.text("ended_at IS NULL"))
    op.create_unique_constraint("uq_paper_id_signed", "paper", ["id", "signed"])
    op.create_check_constraint(op.f("ck_paper_closing_report_is_signed"), "paper", "signed OR kind <> 'closing_report'")
    op.create_primary_key("pk_step", "step", ["sign_off_id", "number"])
    _refer("step", "sign_off_id", ["sign_off_id"], "sign_off", ["id"], ondelete="CASCADE")
    op.create_primary_key("pk_signer", "signer", ["sign_off_id", "step", "person_id"])
    _refer("signer", "sign_off_id_step", ["sign_off_id", "step"], "step", ["sign_off_id", "number"], ondelete="CASCADE")
    op.alter_column("signature", "sign_off_id", nullable=False)
    op.create_unique_constraint("uq_signature_sign_off_id_step", "signature", ["sign_off_id", "step"])
    op.create_unique_constraint("uq_signature_sign_off_id_person_id", "signature", ["sign_off_id", "person_id"])
    _refer("signature", "previous_step", ["sign_off_id", "previous_step"], "signature", ["sign_off_id", "step"])
    _refer("signature", "signer", ["sign_off_id", "step", "person_id"], "signer", ["sign_off_id", "step", "person_id"])
    _refer("signature", "drafter", ["sign_off_id", "drafter_id"], "sign_off", ["id", "drafter_id"])
    _refer("signature", "digest", ["sign_off_id", "digest"], "sign_off", ["id", "digest"])
    _refer("submission", "sign_off_id", ["sign_off_id"], "sign_off", ["id"])
    for column in ("step", "series", "year", "number"):
        op.alter_column("issue", column, nullable=True)
    _refer("issue", "paper", ["paper_id", "signed"], "paper", ["id", "signed"])
    _refer("issue", "signature", ["sign_off_id", "step"], "signature", ["sign_off_id", "step"])
    _refer("issue", "last_step", ["sign_off_id", "paper_id", "step"], "sign_off", ["id", "paper_id", "last_step"])
    op.create_check_constraint(
        op.f("ck_issue_signed"), "issue", "signed = (sign_off_id IS NOT NULL) AND signed = (step IS NOT NULL)"
    )
    op.create_check_constraint(op.f("ck_issue_numbered"), "issue", "num_nulls(series, year, number) IN (0, 3)")
    op.execute(seen_by_city(*WHOLE))
    op.execute(TRIGGERS.format(signature="sign_off_id = OLD.sign_off_id", sign_off="id = NEW.sign_off_id"))
    op.execute(f"REVOKE UPDATE, DELETE ON paper FROM app; GRANT UPDATE ({SETTLED}) ON paper TO app")


def downgrade() -> None:
    """Down: possible as long as there are no papers but closing reports."""
    op.execute(NOTHING_ELSE)
    op.execute(f"REVOKE UPDATE ({SETTLED}) ON paper FROM app; GRANT UPDATE, DELETE ON paper TO app")
    for table in (*PARTS, "submission"):
        op.add_column(table, sa.Column("report_id", sa.Uuid()))
    for table in (*PARTS, "issue"):
        op.add_column(table, sa.Column("generation", sa.Integer()))
    op.add_column("issue", sa.Column("last_step", sa.Integer()))
    for table, work in BACK.items():
        op.execute(rewritten(table, work) if table in (*WRITTEN_ONCE, "submission") else work)
    op.execute(seen_whole(*WHOLE))
    op.drop_constraint("fk_submission_sign_off_id", "submission", type_="foreignkey")
    for name in ("paper", "last_step", "signature"):
        op.drop_constraint(f"fk_issue_{name}", "issue", type_="foreignkey")
    for name in ("ck_issue_signed", "ck_issue_numbered"):
        op.drop_constraint(op.f(name), "issue", type_="check")
    for name in ("previous_step", "signer", "drafter", "digest"):
        op.drop_constraint(f"fk_signature_{name}", "signature", type_="foreignkey")
    op.drop_constraint("fk_signer_sign_off_id_step", "signer", type_="foreignkey")
    op.drop_constraint("fk_step_sign_off_id", "step", type_="foreignkey")
    for table in (*PARTS, "issue"):
        op.drop_column(table, "sign_off_id")
    op.drop_column("issue", "signed")
    op.drop_index("ix_sign_off_running", table_name="sign_off")
    op.drop_column("sign_off", "id")
    op.drop_constraint("uq_sign_off_paper_id_generation", "sign_off")
    op.drop_column("paper", "signed")
    for what, table, before, after in reversed(NAMES):
        op.execute(_renamed(what, table, after, before))

    for table in PARTS:
        op.alter_column(table, "report_id", nullable=False)
        op.alter_column(table, "generation", nullable=False)
    op.create_primary_key("pk_sign_off", "sign_off", ["report_id", "generation"])
    for name, column in (("digest", "digest"), ("last_step", "last_step"), ("report_id_generation_drafter_id", "drafter_id")):
        op.create_unique_constraint(op.f(f"uq_sign_off_{name}"), "sign_off", ["report_id", "generation", column])
    op.create_index("ix_sign_off_running", "sign_off", ["report_id", "generation"], postgresql_where=sa.text("ended_at IS NULL"))
    generation = ["report_id", "generation"]
    op.create_primary_key("pk_step", "step", [*generation, "number"])
    _refer("step", "report_id_generation", generation, "sign_off", generation, ondelete="CASCADE")
    op.create_primary_key("pk_signer", "signer", [*generation, "step", "person_id"])
    step = [*generation, "step"]
    _refer("signer", "report_id_generation_step", step, "step", [*generation, "number"], ondelete="CASCADE")
    for column in ("step", "person_id"):
        op.create_unique_constraint(op.f(f"uq_signature_report_id_generation_{column}"), "signature", [*generation, column])
    _refer("signature", "previous_step", [*generation, "previous_step"], "signature", step)
    _refer("signature", "signer", [*step, "person_id"], "signer", [*step, "person_id"])
    for column in ("drafter_id", "digest"):
        key = [*generation, column]
        _refer("signature", column.removesuffix("_id"), key, "sign_off", key)
    op.alter_column("submission", "report_id", nullable=False)
    op.create_unique_constraint("uq_submission_report_id_generation", "submission", generation)
    _refer("submission", "report_id_generation", generation, "sign_off", generation)
    for column in ("step", "series", "year", "number", "generation", "last_step"):
        op.alter_column("issue", column, nullable=False)
    op.create_check_constraint(op.f("ck_issue_last_step"), "issue", "step = last_step")
    _refer("issue", "signature", step, "signature", step)
    last = [*generation, "last_step"]
    _refer("issue", "last_step", last, "sign_off", last)
    op.execute(seen_by_city("report", *WHOLE[1:]))
    key = "report_id = {0}.report_id AND generation = {0}.generation"
    op.execute(TRIGGERS.format(signature=key.format("OLD"), sign_off=key.format("NEW")))


def _renamed(what: str, table: str, former: str, name: str) -> str:
    return f"ALTER TABLE {table} RENAME {what} {former} TO {name}" if table else f"ALTER {what} {former} RENAME TO {name}"


def _refer(table: str, name: str, columns: list[str], to: str, key: list[str], *, ondelete: str | None = None) -> None:
    op.create_foreign_key(op.f(f"fk_{table}_{name}"), table, to, columns, key, ondelete=ondelete)
