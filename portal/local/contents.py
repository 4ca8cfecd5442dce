"""What an installation's database holds already: which revision of the tables, and whether there is a city."""

from __future__ import annotations

import psycopg
from sqlalchemy.engine import URL

from portal.kernel import revisions
from portal.local.postgres import conninfo
from portal.local.processes import NotStarted

USED = (
    ("public.city", "select 1 from public.city limit 1"),
    ("public.installation", "select 1 from public.installation where vault_keys <> '[]'"),
)


def must_migrate(owner: URL) -> bool:
    """Whether the tables are older than this code; refuses a database that a newer version has used."""
    known = revisions.known()
    there = _revisions(owner)
    unknown = there.difference(known)
    if unknown:
        raise NotStarted(
            f"The database was last used by a newer version of the portal: its tables are at {', '.join(sorted(unknown))}, and "
            f"this version knows them up to {', '.join(sorted(revisions.heads()))}. Start that version or a later one; nothing "
            "was changed."
        )
    return there != revisions.heads()


def was_used(owner: URL) -> bool:
    """Whether there is a city, or keys were used, so that content may have been sealed with them."""
    with psycopg.connect(conninfo(owner)) as connection:
        for table, some in USED:
            there = connection.execute("select to_regclass(%s) is not null", [table]).fetchone()
            if there and there[0] and connection.execute(some).fetchone():
                return True
    return False


def is_held(owner: URL) -> bool:
    """Whether the portal found that this database was restored, and the operator has not let it go."""
    with psycopg.connect(conninfo(owner)) as connection:
        there = connection.execute("select to_regclass('public.installation') is not null").fetchone()
        if not (there and there[0]):
            return False
        return connection.execute("select 1 from public.installation where restored_at is not null").fetchone() is not None


def has_a_city(owner: URL) -> bool:
    """Whether any city was founded."""
    with psycopg.connect(conninfo(owner)) as connection:
        return connection.execute("select 1 from public.city limit 1").fetchone() is not None


def _revisions(owner: URL) -> frozenset[str]:
    with psycopg.connect(conninfo(owner)) as connection:
        row = connection.execute("select to_regclass('public.alembic_version') is not null").fetchone()
        if not (row and row[0]):
            return frozenset()
        rows = connection.execute("select version_num from public.alembic_version").fetchall()
    return frozenset(str(row[0]) for row in rows)
