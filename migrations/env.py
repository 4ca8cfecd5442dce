"""Migrations run as the owner of the tables (DATABASE_OWNER_URL); the portal's own role can make none.

All in one transaction, which waits for a table that somebody else uses a few seconds at a time: meanwhile it would hold up
whoever comes after it. What it waits for is said, and after two minutes it gives up; nothing has changed then.
"""

from __future__ import annotations

import os
import sys
from time import monotonic

from alembic import context
from flask import current_app
from psycopg.errors import LockNotAvailable
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from portal.kernel.db import WORK, Base
from portal.kernel.revisions import WAITS

AT_A_TIME = 3  # seconds
ALTOGETHER = float(os.environ.get("DUBAN_MIGRATION_PATIENCE") or 120)  # seconds
_LIMITS = text(
    f"SELECT set_config('lock_timeout', '{AT_A_TIME}s', false), set_config('statement_timeout', '0', false),"
    f" set_config('idle_in_transaction_session_timeout', '{WORK.idle}s', false)"
)
_OTHERS = text(
    "SELECT format('process %s as %s (%s)', l.pid, max(a.usename), string_agg(DISTINCT c.relname, ', ' ORDER BY c.relname))"
    " FROM pg_locks l JOIN pg_class c ON c.oid = l.relation JOIN pg_namespace n ON n.oid = c.relnamespace"
    " JOIN pg_stat_activity a ON a.pid = l.pid"
    " WHERE l.granted AND l.pid <> pg_backend_pid() AND n.nspname = 'public' AND c.relkind IN ('r', 'p')"
    " AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    " GROUP BY l.pid ORDER BY l.pid LIMIT 5"
)


def run() -> None:
    """Bring the tables to the wanted revision, everything in one transaction; SystemExit where it waited in vain."""
    engine = current_app.extensions.get("owner_engine")
    if engine is None:
        raise SystemExit("Migrations need DATABASE_OWNER_URL, the address of the role that owns the tables.")
    until = monotonic() + ALTOGETHER
    while True:
        try:
            _migrate(engine)
            return
        except OperationalError as refusal:
            if not isinstance(refusal.orig, LockNotAvailable):
                raise
        if monotonic() > until:
            raise SystemExit(
                "The migrations gave up: other processes still use the tables. Nothing was changed. End them and start again."
            )
        sys.stderr.write(f"{WAITS} for tables that others use: {_others(engine)}. End them, or wait.\n")
        sys.stderr.flush()


def _migrate(engine: Engine) -> None:
    with engine.connect() as connection:
        connection.execute(_LIMITS)
        connection.commit()
        context.configure(connection=connection, target_metadata=Base.metadata, compare_type=True)
        with context.begin_transaction():
            context.run_migrations()


def _others(engine: Engine) -> str:
    with engine.connect() as connection:
        return "; ".join(connection.execute(_OTHERS).scalars()) or "nobody is seen"


if context.is_offline_mode():
    raise SystemExit("Migrations run on a database, not to a file.")
run()
