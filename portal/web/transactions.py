"""One transaction per request: committed after the view and before the first byte, or wholly undone.

A GET that logged a reading commits too. Whatever is answered with 400 or above leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask, Response, g

from portal.kernel.db import db


def install(app: Flask) -> None:
    """End every request's transaction; register after the headers, so that it runs before them."""

    @app.after_request
    def _finish(response: Response) -> Response:
        if "transaction_failed" in g or response.status_code >= 400:
            discard()
            return response
        g.transaction_failed = True  # holds if the commit itself fails
        try:
            db.session.commit()
        except Exception as error:  # answered as if the view had failed: a database that is away is no fault of ours
            return app.make_response(app.handle_user_exception(error))
        g.pop("transaction_failed")
        for act in g.pop("when_committed", []):
            act()
        return response


def discard() -> None:
    """Undo what this request has done so far, and whatever was to follow its commit."""
    g.pop("when_committed", None)
    g.pop("filing", None)
    db.session.rollback()


def commit_now() -> None:
    """Keep what was done so far, whatever becomes of the rest of the request: a session's last-seen time."""
    db.session.commit()


def when_committed(act: Callable[[], object]) -> None:
    """Do this to the answer (a cookie) once the request is committed; forget it when it is undone."""
    if "when_committed" not in g:
        g.when_committed = []
    g.when_committed.append(act)
