"""A real PostgreSQL with the two tables that the calendar needs, and two cities in it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import delete, insert

from portal.deadlines import queries
from portal.deadlines.models import CalendarDay
from portal.kernel import clock
from portal.kernel.city import City
from portal.kernel.db import db
from portal.local.postgres import Postgres


@pytest.fixture(scope="session")
def calendar_app() -> Iterator[Flask]:
    with tempfile.TemporaryDirectory(prefix="duban-calendar-") as directory:
        Path(directory).chmod(0o711)  # the database's user passes through to its own part
        server = Postgres(Path(directory) / "postgres", fsync=False)
        server.start()
        try:
            app = Flask("calendar")
            app.config["SQLALCHEMY_DATABASE_URI"] = server.url()
            db.init_app(app)
            with app.app_context():
                db.metadata.create_all(db.engine, tables=[City.__table__, CalendarDay.__table__])
                db.session.execute(
                    insert(City),
                    [
                        {"id": number, "slug": slug, "name": name, "created_at": clock.now()}
                        for number, slug, name in ((1, "wenzhou", "温州市"), (2, "ningbo", "宁波市"))
                    ],
                )
                db.session.commit()
            yield app
            with app.app_context():
                db.engine.dispose()
        finally:
            server.stop()


@pytest.fixture
def in_app(calendar_app: Flask) -> Iterator[None]:
    """An empty calendar, and nothing remembered of an earlier test."""
    with calendar_app.app_context():
        db.session.execute(delete(CalendarDay))
        db.session.commit()
        queries.forget(1)
        queries.forget(2)
        yield
        db.session.rollback()
