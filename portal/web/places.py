"""The pages that this floor leads to, which stand on floors above: by their purpose."""

from __future__ import annotations

from flask import url_for

from portal.registry.navigation import PLACES, Purpose


def place_url(purpose: Purpose, *, next: str | None = None, expired: int | None = None, form: str | None = None) -> str:
    """The address of the page that serves this purpose."""
    return url_for(PLACES[purpose].endpoint, next=next, expired=expired, form=form)
