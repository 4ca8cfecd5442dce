"""The pages of the city's own rules and of its calendar."""

from flask import Blueprint

blueprint = Blueprint("bylaws", __name__)

from portal.bylaws.routes import calendar, rules  # noqa: E402, F401
