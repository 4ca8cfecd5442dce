"""A body that nobody read, of a request that is too large or refused before its form is looked at, is read to its end.

Else the connection is closed over what is still on its way, which resets it: the proxy, or the browser, loses the answer
and says that something is broken.
"""

from __future__ import annotations

from contextlib import suppress

from flask import Flask, Response, request

from portal.config import MEBIBYTE

PIECE = 64 * 1024
BEYOND = 2 * MEBIBYTE  # more than the portal takes: what a proxy lets through so that the portal may refuse it


def install(app: Flask) -> None:
    """Register first, so that it runs last: the transaction is over by then."""

    @app.after_request
    def _read_to_the_end(response: Response) -> Response:
        most = (app.config["MAX_CONTENT_LENGTH"] or 0) + BEYOND
        ends = request.environ.get("wsgi.input_terminated")  # else reading beyond the body waits for the next request
        if ends and (request.content_length or 0) <= most:
            with suppress(OSError):  # whoever sent it has gone
                while most > 0 and (piece := request.environ["wsgi.input"].read(PIECE)):
                    most -= len(piece)
        return response
