"""How a page is answered: whole to a browser, its fragment alone to htmx; and where an expired session is sent."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from flask import Response, make_response, redirect, render_template, request

from portal.web.templates import template

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
POLL = "X-Polling"  # set by what a page asks by itself every minute; it keeps no session alive


def is_partial() -> bool:
    """htmx wants a part of the page, not the whole."""
    return request.headers.get("HX-Request-Type") == "partial"


def is_htmx() -> bool:
    """htmx asks, for a part or for the whole."""
    return request.headers.get("HX-Request") == "true" or is_partial()


def is_poll() -> bool:
    """The page asks by itself; nobody sits there for certain."""
    return POLL in request.headers


def wants_json() -> bool:
    """A script of ours asks (a picker, the saving of a draft)."""
    accepted = request.accept_mimetypes
    return accepted["application/json"] > accepted["text/html"]


def page(whole: str, fragment: str | None = None, /, status: int = 200, **variables: Any) -> Response:
    """The whole page, or `fragment` when htmx asks for a part."""
    chosen = fragment if fragment and is_partial() else whole
    return make_response(render_template(template(chosen), **variables), status)


def go(address: str) -> Response:
    """Send the browser on: 303 to a browser, HX-Redirect to htmx."""
    if is_htmx():
        response = make_response("", 200)
        response.headers["HX-Redirect"] = address
        return response
    return make_response(redirect(address, 303))


def xlsx(data: bytes, name: str) -> Response:
    """The workbook to be kept under this name; browsers that read no Chinese names keep it as register.xlsx."""
    response = make_response(data)
    response.mimetype = XLSX
    response.headers["Content-Disposition"] = f"attachment; filename=\"register.xlsx\"; filename*=UTF-8''{quote(name)}"
    return response
