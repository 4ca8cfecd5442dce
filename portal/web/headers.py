"""What every answer says to the browser, set in one place, errors and static files included; and the request log.

The log has one line per request with the route's template and ids; never a path, a query or anything that was typed.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
import time
from pathlib import Path
from typing import Any

from flask import Flask, Response, g, request
from flask_login import current_user

log = logging.getLogger("portal.requests")

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "img-src 'self' data:",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
FIXED = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()",
}


def install(app: Flask) -> None:
    """Register before everything else that looks at answers: what is registered first runs last."""
    digests: dict[str, str] = {}

    @app.before_request
    def _number() -> None:
        g.began = time.perf_counter()
        g.request_id = secrets.token_hex(6)

    @app.after_request
    def _finish(response: Response) -> Response:
        set_headers(response)
        _write_line(response)
        return response

    @app.url_defaults
    def _name_static_version(endpoint: str, values: dict[str, Any]) -> None:
        name = values.get("filename")
        if endpoint != "static" or not name or "v" in values or not app.static_folder:
            return
        if name not in digests:
            path = Path(app.static_folder, name)
            digests[name] = hashlib.sha256(path.read_bytes()).hexdigest()[:12] if path.is_file() else "0"
        values["v"] = digests[name]


def request_id() -> str:
    """The number a person can quote, and the log has."""
    number: str = g.get("request_id", "")
    return number


def set_headers(response: Response) -> None:
    """The headers of one answer. A view may have set a stricter policy of its own (a sandbox for a file)."""
    for name, value in FIXED.items():
        response.headers.setdefault(name, value)
    if request.endpoint == "static" and request.method in ("GET", "HEAD") and response.status_code in (200, 206, 304):
        known = "v" in request.args
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if known else "no-cache"
    else:
        response.headers["Cache-Control"] = "no-store"
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"


def _write_line(response: Response) -> None:
    rule = request.url_rule
    visitor = current_user._get_current_object() if "_login_user" in g else None
    log.info(
        "%s %s %d %dms request=%s person=%s",
        request.method if request.method.isascii() and request.method.isalpha() else "-",
        rule.rule if rule else "-",
        response.status_code,
        round((time.perf_counter() - g.get("began", time.perf_counter())) * 1000),
        request_id(),
        getattr(visitor, "person_id", None) or "-",
    )
