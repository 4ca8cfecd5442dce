"""Migrations run as the owner of the tables (DATABASE_OWNER_URL); the portal's own role can make none."""

from __future__ import annotations

from alembic import context
from flask import current_app

from portal.kernel.db import Base


def run() -> None:
    """Bring the tables to the wanted revision, everything in one transaction."""
    engine = current_app.extensions.get("owner_engine")
    if engine is None:
        raise SystemExit("Migrations need DATABASE_OWNER_URL, the address of the role that owns the tables.")
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=Base.metadata, compare_type=True)
        with context.begin_transaction():
            context.run_migrations()


if context.is_offline_mode():
    raise SystemExit("Migrations run on a database, not to a file.")
run()
