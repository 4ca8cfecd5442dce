"""The pages about people: a person, appointing and leaving, liaison officers, drives for nominations."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("staffing", __name__)
