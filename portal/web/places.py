"""The pages that a floor leads to which stand on floors above it: by their purpose."""

from __future__ import annotations

from typing import Any

from flask import url_for

from portal.registry.navigation import PLACES, Purpose


def place_url(purpose: Purpose, **values: Any) -> str:
    """The address of the page that serves this purpose, with what is to stand in it."""
    return url_for(PLACES[purpose].endpoint, **values)
