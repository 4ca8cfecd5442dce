"""`flask db …`: migrations run as the owner of the tables, whom the serving processes are never told.

Only a command loads this, and Alembic with it.
"""

from __future__ import annotations

from flask import Flask
from flask_migrate import Migrate
from sqlalchemy import create_engine

from portal.config import Settings
from portal.kernel.db import db


def let_owner_migrate(app: Flask) -> None:
    """Add the commands of `flask db` to the app, and the owner's address where the environment names it."""
    settings: Settings = app.extensions["settings"]
    if settings.database_owner_url:
        app.extensions["owner_engine"] = create_engine(settings.database_owner_url, hide_parameters=True)
    Migrate(app, db, directory="migrations", compare_type=True)
