"""What a worker does when it is rung. Arguments are ids; whatever is to be done is found in the database."""

from __future__ import annotations

import logging

from flask import Flask
from sqlalchemy import select

from portal.app import check_ready, create_app
from portal.kernel.city import City
from portal.kernel.db import db, enter
from portal.notify.jobs import sweep_city
from portal.officers import restoring
from portal.officers.service import may_sweep

log = logging.getLogger(__name__)

_app: Flask | None = None


def work_with(app: Flask | None = None) -> None:
    """Sweep with this app, which stands already; none: one made here. A worker does it before it forks."""
    global _app
    _app = app or check_ready(create_app())


def portal_app() -> Flask:
    """The portal, made once in each process; its forks share no connection."""
    if _app is None:
        work_with()
    assert _app is not None
    return _app


def sweep(city_id: int) -> None:
    """Do everything that is due in one city."""
    app = portal_app()
    with app.app_context():
        held = restoring.look(app.extensions["settings"].cluster)
        enter(city_id)
        sweep_city(held=held, may_go_on=may_sweep)


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
