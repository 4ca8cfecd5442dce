"""What a worker does when it is rung. Arguments are ids; whatever is to be done is found in the database."""

from __future__ import annotations

import logging
from functools import cache

from flask import Flask
from sqlalchemy import select

from portal.kernel.city import City
from portal.kernel.db import db, enter
from portal.matters.ladder import refresh_waiting_steps
from portal.notify.jobs import sweep_city

log = logging.getLogger(__name__)


@cache
def portal_app() -> Flask:
    """The portal, made once in each process; a worker makes it before it forks, and shares no connection."""
    from portal.app import create_app

    app = create_app()
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    return app


def sweep(city_id: int) -> None:
    """Do everything that is due in one city."""
    with portal_app().app_context():
        enter(city_id)
        refresh_waiting_steps()
        db.session.commit()
        sweep_city()


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
