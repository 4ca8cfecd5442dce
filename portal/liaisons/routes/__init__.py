"""The pages about liaison officers: the list, drives for nominations, a unit's answer."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("liaisons", __name__)

from portal.liaisons.routes import drives, officers  # noqa: E402, F401
