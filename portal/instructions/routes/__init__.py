"""The pages of leaders' instructions: registering and importing, and the register itself."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("instructions", __name__)

from portal.instructions.routes import importing, register, registration, slip  # noqa: E402, F401
