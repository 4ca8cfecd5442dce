"""What a sweep does about matters, beside what its services do by themselves."""

from __future__ import annotations

from sqlalchemy import func, select

from portal.kernel.db import current_city, db
from portal.matters.reseat import refresh_all

_SEATS = 0x5EA75  # the class of advisory locks by which one sweeper at a time looks after a city's vacant seats


def go_on_with_successors() -> None:
    """What waits at a seat goes on with whoever holds it now; one sweeper at a time."""
    if db.session.scalar(select(func.pg_try_advisory_xact_lock(_SEATS, current_city()))):
        refresh_all()
