"""The pages of leaders' instructions: registering and importing here, the register beside them."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from flask import Blueprint

blueprint = Blueprint("instructions", __name__)

for page in ("registration", "importing", "register"):
    if find_spec(f"{__name__}.{page}") is not None:
        import_module(f"{__name__}.{page}")
