"""The pages about people: a person, appointing and leaving, liaison officers, drives for nominations."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("staffing", __name__)
HIGHEST_ID = 2**31 - 1

from portal.staffing.routes import agreeing, appointing, drives, leaving, liaison, people  # noqa: E402, F401
