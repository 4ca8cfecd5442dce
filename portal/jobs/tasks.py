"""What a worker does when it is rung. Arguments are ids; whatever is to be done is found in the database."""

from __future__ import annotations

import logging

from flask import Flask
from sqlalchemy import func, select

from portal.app import create_app, stand
from portal.identity.service.signing_in import forget_sign_ins
from portal.importing.previews import forget_expired
from portal.kernel import clock
from portal.kernel.city import City
from portal.kernel.db import current_city, db, enter
from portal.matters.replanning import follow_new_calendar
from portal.matters.sameness import take_missing
from portal.matters.service.granting import tidy_lapsed
from portal.matters.succession import refresh_all
from portal.network.service import changing
from portal.notify.jobs import sweep_city
from portal.notify.service import tell
from portal.officers import restoring
from portal.officers.service import may_sweep, note_sweep
from portal.staffing.jobs import ask_to_confirm, pass_on_ended_posts, remind_drives, tell_of_appointments

log = logging.getLogger(__name__)

_SEATS = 0x5EA75  # the class of advisory locks by which one sweeper at a time looks after a city's vacant seats


_app: Flask | None = None


def work_with(app: Flask | None = None) -> None:
    """Sweep with this app, which stands already; none: one made here. A worker does it before it forks."""
    global _app
    _app = app or stand(create_app())


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
        sweep_city(
            carry_out_changes,
            pass_on_ended_posts,
            go_on_with_successors,
            follow_new_calendar,
            tidy_lapsed,
            take_missing,
            remind_drives,
            tell_of_appointments,
            ask_to_confirm,
            forget_expired,
            forget_sign_ins,
            note_sweep,
            held=held,
            may_go_on=may_sweep,
        )


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
    """What waits at a seat goes on with whoever holds it now; one sweeper at a time."""
    if db.session.scalar(select(func.pg_try_advisory_xact_lock(_SEATS, current_city()))):
        refresh_all()


def carry_out_changes() -> None:
    """The changes of the tree whose day has come, a transaction for each; who planned one that cannot be is told."""
    due = changing.due_changes(clock.today())
    db.session.rollback()
    for change_id in due:
        try:
            _carry_out_change(change_id)
            db.session.commit()
        except Exception:  # what fails for one does not keep the others from their day
            db.session.rollback()
            log.exception("the change %s of the tree could not be carried out; the next sweep tries again", change_id)


def _carry_out_change(change_id: int) -> None:
    done = changing.carry_out(change_id)
    if done is not None and done.refused:
        about = done.unit or done.other
        tell(
            "change_refused", [done.person_id], key=f"unit_change:{done.id}",
            facts={"unit": about.name if about else ""},
        )  # fmt: skip
