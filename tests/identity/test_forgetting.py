"""What the door has kept is forgotten in time, by every sweep, and nothing sooner."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Select, func, select, update

from portal.identity import kept_forms, lockout, sessions
from portal.identity.models import KeptForm, SignInFailure, SignInSession
from portal.jobs import tasks
from portal.kernel import clock
from portal.kernel.db import db
from tests.at_the_door import SmallCity, in_city, sign_in

NOON = clock.at(date(2026, 11, 23), 12)


@pytest.fixture
def sweep(app: Flask, city: SmallCity, monkeypatch: pytest.MonkeyPatch):
    """A worker's whole sweep of the city at that moment; how many rows of this kind are left."""
    monkeypatch.setattr(tasks, "portal_app", lambda: app)

    def run(at, model: type) -> int:
        with clock.set_to(at):
            tasks.sweep(city.id)
        with in_city(app, city.id):
            return db.session.scalar(_count(model)) or 0

    return run


def _count(model: type) -> Select[int]:
    return select(func.count()).select_from(model)


def test_a_session_is_shown_to_its_person_for_half_a_year_after_its_end(
    app: Flask, client: FlaskClient, city: SmallCity, sweep
) -> None:
    with clock.set_to(NOON):
        sign_in(client, city)
    with in_city(app, city.id):
        ended = NOON + timedelta(hours=1)
        db.session.execute(update(SignInSession).values(ended_at=ended))
    last = NOON + sessions.ABSOLUTE + sessions.REMEMBERED_FOR
    assert sweep(last, SignInSession) == 1
    assert sweep(last + timedelta(seconds=1), SignInSession) == 0


def test_failures_count_for_a_day(client: FlaskClient, city: SmallCity, sweep) -> None:
    with clock.set_to(NOON):
        sign_in(client, city, password="a guess")
        sign_in(client, city, "nobody.of.this.name", "a guess")
    assert sweep(NOON + lockout.COUNTED_FOR, SignInFailure) == 2
    assert sweep(NOON + lockout.COUNTED_FOR + timedelta(seconds=1), SignInFailure) == 0


def test_a_form_is_kept_for_an_hour(app: Flask, city: SmallCity, sweep) -> None:
    with clock.set_to(NOON), in_city(app, city.id):
        assert kept_forms.keep(city.lin_id, "/x", [("say", "写了很久")], files=False)
    assert sweep(NOON + kept_forms.KEPT_FOR - timedelta(seconds=1), KeptForm) == 1
    assert sweep(NOON + kept_forms.KEPT_FOR, KeptForm) == 0


def test_another_city_is_left_alone(app: Flask, city: SmallCity, new_city, sweep) -> None:
    other = new_city()
    with clock.set_to(NOON), in_city(app, other.id):
        kept_forms.keep(other.lin_id, "/x", [("say", "写了很久")], files=False)
    assert sweep(NOON + timedelta(days=1), KeptForm) == 0
    with in_city(app, other.id):
        assert db.session.scalar(_count(KeptForm)) == 1
