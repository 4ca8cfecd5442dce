"""Each test of the network has a city of its own with the small network in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask

import portal.commands
from portal.commands.city import found, sheet_from
from portal.deadlines.models import CalendarDay
from portal.importing.cells import Sheet
from portal.kernel import clock
from portal.kernel.db import db
from portal.network.importing import carry_out, known_network
from portal.network.plan import POSTS, UNITS, plan_import
from tests.at_the_door import PASSWORD, stored
from tests.moulds import Mould, begin_city
from tests.network.small_network import Network, posts_table, units_table
from tests.world import new_world, world  # noqa: F401

DEMONSTRATION = Path(portal.commands.__file__).with_name("demonstration")


@pytest.fixture(scope="session")
def new_network(app: Flask) -> Callable[[], Network]:
    """Makes a city with the small network; everybody's password is PASSWORD. A day's first is founded and imported, the
    others are cast from it."""
    founded: dict[date, Mould] = {}

    def make() -> Network:
        slug, name, day = f"network-{uuid4().hex[:12]}", "江南市", clock.today()  # several directories import this fixture
        with app.app_context():
            if day in founded:
                city_id = begin_city(slug, name)
                founded[day].cast()
            else:
                city_id = found(slug, name).id
                plan = plan_import(units_table(), posts_table(), known_network())
                assert plan.good, plan.faults
                hashes = dict.fromkeys(plan.new_people(), stored(PASSWORD))
                carry_out(plan, hashes, must_change_password=False)
                founded[day] = Mould.of(CalendarDay)
            db.session.commit()
            return Network(app, city_id, slug)

    return make


@pytest.fixture
def network(new_network: Callable[[], Network]) -> Iterator[Network]:
    """This test's own network, entered; what the test does not commit goes."""
    made = new_network()
    with made.inside():
        yield made


@pytest.fixture
def site(new_network: Callable[[], Network]) -> Network:
    """This test's own network as browsers see it."""
    return new_network()


@pytest.fixture(scope="session")
def demonstration_tables() -> tuple[Sheet, Sheet]:
    """The demonstration city's two workbooks as they are read for an import."""

    return sheet_from(DEMONSTRATION / "units.xlsx", UNITS), sheet_from(DEMONSTRATION / "posts.xlsx", POSTS)


@pytest.fixture
def at_day() -> Callable[[int], Any]:
    """So many days from now, in the morning."""
    return lambda days: clock.set_to(clock.now() + timedelta(days=days))
