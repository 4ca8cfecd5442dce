"""What migrations say again and again: a city's table held by the database, and work that goes city by city.

Row-level security is forced, so the owner of the tables too sees no row without a city: a statement that is to reach every
row is said once in each.
"""

from __future__ import annotations

from collections.abc import Sequence


def guard(table: str, *, append_only: bool = False, columns: Sequence[str] | None = None, delete: bool = True) -> str:
    """SQL that gives a city's table its policy and the portal's role its rights: to read and insert; to change every column,
    or these `columns` alone; to delete, unless not. With neither, rows are written once and still go with what they belong to.
    `append_only`: neither, and a trigger refuses it to everybody."""
    statements = [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY of_city ON {table} USING (city_id = (SELECT nullif(current_setting('app.city', true), '')::integer))",
        f"GRANT SELECT, INSERT ON {table} TO app",
        "GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO app",
    ]
    if append_only:
        statements += [
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION append_only()",
            f"CREATE TRIGGER never_emptied BEFORE TRUNCATE ON {table} EXECUTE FUNCTION append_only()",
        ]
    else:
        rights = ["UPDATE"] if columns is None else [f"UPDATE ({', '.join(columns)})"] if columns else []
        rights += ["DELETE"] if delete else []
        statements += [f"GRANT {', '.join(rights)} ON {table} TO app"] if rights else []
    return ";\n".join(statements) + ";"


def in_each_city(work: str) -> str:
    """SQL that does this work, plpgsql in which `one` is the city's id, in each city, and leaves the session in none."""
    return f"""
DO $each_city$
DECLARE one integer;
BEGIN
  FOR one IN SELECT id FROM city ORDER BY id LOOP
    PERFORM set_config('app.city', one::text, true);
    {work}
  END LOOP;
  PERFORM set_config('app.city', '', true);
END $each_city$;
"""


def rewritten(table: str, work: str) -> str:
    """SQL that does this work on an append-only table, whose trigger is lifted for it; others wait meanwhile."""
    lifted = f"ALTER TABLE {table} DISABLE TRIGGER append_only;\n"
    return f"{lifted}{work}\nALTER TABLE {table} ENABLE TRIGGER append_only;\n"


def seen_whole(*tables: str) -> str:
    """SQL by which their owner sees every row of these tables, whatever the city: a foreign key that is added is otherwise
    checked against no row at all."""
    return "".join(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY;\n" for table in tables)


def seen_by_city(*tables: str) -> str:
    """SQL by which even their owner sees no row of these tables without a city: the rule, again."""
    return "".join(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY;\n" for table in tables)
