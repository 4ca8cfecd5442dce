"""One matter in the browser: its page, the acts on it, its report, its files."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("matters", __name__)

from portal.matters.routes import drafts, files, grants, matter, office, reports, unit  # noqa: E402, F401
