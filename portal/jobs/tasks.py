"""What a worker does when it is rung. Arguments are ids; whatever is to be done is found in the database."""

from __future__ import annotations

import logging
from functools import cache

from flask import Flask
from sqlalchemy import func, select

from portal.app import create_app, stand
from portal.identity.service import forget_sign_ins
from portal.instructions.previews import forget_expired
from portal.kernel.city import City
from portal.kernel.db import current_city, db, enter
from portal.matters.ladder import refresh_waiting_steps
from portal.notify.jobs import sweep_city
from portal.officers.service import note_sweep

log = logging.getLogger(__name__)

_SEATS = 0x5EA75  # the class of advisory locks by which one sweeper at a time looks after a city's vacant seats


@cache
def portal_app() -> Flask:
    """The portal, made once in each process; a worker makes it before it forks, and shares no connection."""
    return stand(create_app())


def sweep(city_id: int) -> None:
    """Do everything that is due in one city."""
    with portal_app().app_context():
        enter(city_id)
        sweep_city(go_on_with_successors, forget_expired, forget_sign_ins, note_sweep)


def sweep_all() -> None:
    """Do everything that is due in every city."""
    with portal_app().app_context():
        cities = list(db.session.scalars(select(City.id).order_by(City.id)))
        db.session.rollback()
    for city_id in cities:
        try:
            sweep(city_id)
        except Exception:
            log.exception("the sweep of city %s failed; the next one tries again", city_id)


def go_on_with_successors() -> None:
    """Chains that stopped at a vacant seat go on with whoever holds it now; one sweeper at a time."""
    if db.session.scalar(select(func.pg_try_advisory_xact_lock(_SEATS, current_city()))):
        refresh_waiting_steps()
