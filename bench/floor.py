"""What the portal is held against: a page of Flask with one statement, the one that the register's list sends for a reader.

The statement is sent as text over a plain connection, six of its columns are drawn, and the page is filled up to the bytes of
the portal's own: no seam, no session, no language, no policy, no ORM. Statements, parameters and lengths by reader stand in
the file that BENCH_FLOORS names.
"""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any, NamedTuple

from flask import Flask, Response, render_template_string
from sqlalchemy import create_engine

from portal.config import sqlalchemy_url

COLUMNS = 6  # as many as a line of the list shows
PAGE = """<!doctype html><meta charset="utf-8"><title>{{ rows | length }}</title><table>
{% for row in rows %}<tr>{% for cell in row %}<td>{{ cell }}{% endfor %}</tr>
{% endfor %}</table>"""


class Floor(NamedTuple):
    """What one reader's list sends to the database, and how many bytes it then sends to the browser."""

    statement: str
    parameters: Any
    length: int


def make_app() -> Flask:
    """The whole application."""
    app = Flask("floor")
    floors: dict[str, Floor] = pickle.loads(Path(os.environ["BENCH_FLOORS"]).read_bytes())  # noqa: S301 - the bench wrote it
    engine = create_engine(
        sqlalchemy_url(os.environ["DATABASE_URL"]),
        pool_size=8,
        max_overflow=8,
        connect_args={"options": f"-c app.city={int(os.environ['BENCH_CITY'])}"},
    )

    @app.get("/<reader>")
    def list_page(reader: str) -> Response:
        floor = floors[reader]
        with engine.connect() as connection:
            rows = connection.exec_driver_sql(floor.statement, floor.parameters).fetchall()
        page = render_template_string(PAGE, rows=[row[:COLUMNS] for row in rows]).encode()
        return Response(page.ljust(floor.length)[: floor.length])

    return app


if "BENCH_FLOORS" in os.environ:
    app = make_app()
