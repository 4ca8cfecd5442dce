"""The officers' consoles, in four rooms: acts of two, accounts and rules, the journal, the portal's health."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("officers", __name__)
HIGHEST_ID = 2**31 - 1

from portal.officers.routes import accounts, acts, health, journal  # noqa: E402, F401
