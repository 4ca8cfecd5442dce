"""The pages that a floor leads to which stand on floors above it: by their purpose, and a record's by its kind."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import url_for

from portal.registry.kinds import KINDS
from portal.registry.navigation import PLACES, Purpose


def place_url(purpose: Purpose, **values: Any) -> str:
    """The address of the page that serves this purpose, with what is to stand in it."""
    return url_for(PLACES[purpose].endpoint, **values)


def record_url(kind: str, record_id: UUID) -> str:
    """The address of the page at which a record of this kind opens."""
    opens: dict[str, Any] = {KINDS[kind].argument: record_id}
    return url_for(KINDS[kind].page, **opens)
