"""Bodies of requests. What is uploaded stays in memory, whatever its size up to the limit of a request: Werkzeug puts what
is larger than 500 KB into a temporary file, where it lies in clear.

A body that nobody read, of a request that is too large or refused before its form is looked at, is read to its end. Else
the connection is closed over what is still on its way, which resets it: the proxy, or the browser, loses the answer and
says that something is broken.
"""

from __future__ import annotations

from contextlib import suppress
from io import BytesIO
from typing import IO

from flask import Flask, Request, Response, request

from portal.config import MEBIBYTE

PIECE = 64 * 1024
BEYOND = 2 * MEBIBYTE  # more than the portal takes: what a proxy lets through so that the portal may refuse it


class InMemory(Request):
    """A request whose files never touch the disk."""

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        return BytesIO()


def install(app: Flask) -> None:
    """Register first, so that it runs last: the transaction is over by then. `InMemory` is part of `typed.PortalRequest`."""

    @app.after_request
    def _read_to_the_end(response: Response) -> Response:
        most = (app.config["MAX_CONTENT_LENGTH"] or 0) + BEYOND
        ends = request.environ.get("wsgi.input_terminated")  # else reading beyond the body waits for the next request
        if ends and (request.content_length or 0) <= most:
            with suppress(OSError):  # whoever sent it has gone
                while most > 0 and (piece := request.environ["wsgi.input"].read(PIECE)):
                    most -= len(piece)
        return response
