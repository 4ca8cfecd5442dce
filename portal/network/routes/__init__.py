"""The pages of the network: its tree and units and their changes, what pickers ask, one's own delegations."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("network", __name__)
HIGHEST_ID = 2**31 - 1

from portal.network.routes import changes, delegations, importing, pickers, tree, units  # noqa: E402, F401
