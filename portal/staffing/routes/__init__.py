"""The pages about people: a person, appointing and leaving, how a liaison officer is reached."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("staffing", __name__)
HIGHEST_ID = 2**31 - 1

from portal.staffing.routes import agreeing, appointing, contacts, leaving, people  # noqa: E402, F401
