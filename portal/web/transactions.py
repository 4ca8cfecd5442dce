"""One transaction per request: committed after the view and before the first byte, or wholly undone.

Whatever is answered with 400 or above leaves nothing behind, but that somebody was shown what is confidential: that is a
reading, on a form that is drawn again too. An answer whose reading cannot be written down is not given.
"""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from flask import Flask, Response, g, request

from portal.access.visibility import Opened, take_opened
from portal.audit import journal
from portal.kernel.db import db, for_a_person

_PAPERS = frozenset({"paper", "submission"})
_RECORDS = frozenset({"matter_id", "report_id", "attachment_id"})


def install(app: Flask, last: Callable[[Response], None]) -> None:
    """End every request's transaction; register after the headers, so that it runs before them. `last` writes what is known only
    with the answer."""

    @app.before_request
    def _begin() -> None:
        for_a_person()

    @app.after_request
    def _finish(response: Response) -> Response:
        shown = _shown(response, take_opened())
        if "transaction_failed" in g or response.status_code >= 400:
            discard()
            if not shown:
                return response
        g.transaction_failed = True  # holds if the commit itself fails
        try:
            last(response)
            _write_down(shown)
            db.session.commit()
        except Exception as error:  # answered as if the view had failed: a database that is away is no fault of ours
            return app.make_response(app.handle_user_exception(error))
        g.pop("transaction_failed")
        for act in g.pop("when_committed", []):
            act()
        return response


def _shown(response: Response, opened: list[Opened]) -> list[Opened]:
    """What of it this answer shows: nothing where it sends the browser on, or says that it shows none of it."""
    sent_on = 300 <= response.status_code < 400 or "HX-Redirect" in response.headers
    return [] if sent_on or g.get("shows_nothing") else opened


def _write_down(shown: list[Opened]) -> None:
    """One reading a matter, by what was shown of it: as the view says, its report, a page about it, its row in a list."""
    if not shown:
        return
    on_a_page = "page" if _RECORDS & (request.view_args or {}).keys() else "list"
    found: dict[UUID, str] = {}
    for one in shown:
        what = "report" if one.part in _PAPERS else on_a_page
        found[one.record_id] = g.get("shows") or ("report" if "report" in (what, found.get(one.record_id)) else what)
    journal.readings(shown[0].reader, found)


def shows(what: str) -> None:
    """What this answer is, as a reading (`matters.readings.WHAT`), where it is not simply a page, a report or a list."""
    g.shows = what


def shows_nothing() -> None:
    """This answer shows nothing of what was read for it: an error's page, the word that a draft was saved."""
    g.shows_nothing = True


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
