"""What an orchestrator, a monitor or an operator asks: `/healthz`, whether the process lives, and `/readyz`, whether it
should be given requests. Both speak to strangers: names and yes or no, no address, version, role or row.

Not ready, 503: the database does not answer, is not at the revision that this code brings, or lets a wall down. Said, and
no reason to take a node out: Redis does not answer (the portal goes on without it, and all nodes would go at once), and
this very request came under another host or scheme than BASE_URL (whoever asks past the proxy does).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from contextlib import suppress
from threading import Lock, Thread
from time import monotonic

from flask import Flask, Response, jsonify, make_response
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from portal.config import Settings
from portal.kernel import revisions
from portal.web import startup_checks
from portal.web.address import lost_on_the_way

log = logging.getLogger(__name__)

PATIENCE = 2.0  # seconds anybody waits for an answer, whatever hangs
KEPT = 1.0  # seconds an answer is given again, so that nobody makes asking expensive
NEEDED = ("database", "migrations", "walls")

_BOUND = text("SELECT set_config('statement_timeout', '1500', true)")
_REVISION = text("SELECT version_num FROM alembic_version")

Found = Mapping[str, bool]


class Look:
    """One question, asked at most once at a time and once a second; what has not answered in time counts as no."""

    def __init__(self, names: tuple[str, ...], ask: Callable[[], Found]) -> None:
        self._nothing: Found = dict.fromkeys(names, False)
        self._ask = ask
        self._lock = Lock()
        self._begun = self._kept_until = 0.0
        self._answer: Future[Found] | None = None

    def __call__(self) -> Found:
        with self._lock:
            now = monotonic()
            if self._answer is None or (self._answer.done() and now > self._kept_until):
                self._answer, self._begun = Future(), now
                Thread(target=self._find, args=(self._answer,), daemon=True).start()
            answer, left = self._answer, self._begun + PATIENCE - now
        try:
            return answer.result(max(left, 0))
        except NotYet:
            return self._nothing

    def _find(self, answer: Future[Found]) -> None:
        found = self._nothing
        try:
            found = self._ask()
        except Exception as fault:
            log.warning("%s not judged: %s", ", ".join(found), type(fault).__name__)
        finally:
            self._kept_until = monotonic() + KEPT
            answer.set_result(found)


def install(app: Flask, redis_answers: Callable[[], bool]) -> None:
    """Add the two addresses. What the code brings is read now, once."""
    settings: Settings = app.extensions["settings"]
    engine = create_engine(
        settings.database_url, poolclass=NullPool, hide_parameters=True,
        connect_args={"connect_timeout": 2, "application_name": "duban readiness"},
    )  # fmt: skip
    wanted = revisions.heads()
    database = Look(NEEDED, lambda: _look_at_database(engine, wanted, settings.production))
    redis = Look(("redis",), lambda: {"redis": redis_answers()})

    @app.get("/healthz", endpoint="healthz")
    def healthz() -> Response:
        """This process answers; nothing else is asked."""
        return Response("ok\n", mimetype="text/plain")

    @app.get("/readyz", endpoint="readyz")
    def readyz() -> Response:
        """Whether this process should be given requests."""
        found = {**redis(), **database()}
        ready = all(found[name] for name in NEEDED)
        lost = " and ".join(lost_on_the_way())
        said = {name: "ok" if fine else "not ok" for name, fine in found.items()}
        answer = jsonify(ready=ready, address=f"not ok: {lost}" if lost else "ok", **said)
        return make_response(answer, 200 if ready else 503)


def _look_at_database(engine: Engine, wanted: frozenset[str], production: bool) -> Found:
    found = dict.fromkeys(NEEDED, False)
    with suppress(SQLAlchemyError), engine.connect() as connection:
        connection.execute(_BOUND)
        found["database"] = True
        found["walls"] = not startup_checks.faults(connection, production)
        # Last: before the revision that lets the portal's role read this, the statement is refused.
        found["migrations"] = frozenset(connection.execute(_REVISION).scalars()) == wanted
    return found
