"""Addresses that are kept as patterns are those that Flask builds."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from flask import Flask, g, url_for

from tests.world import World


@pytest.mark.parametrize(
    ("endpoint", "values"),
    [
        ("overview.desk", {}),
        ("matters.matter", {"matter_id": uuid4()}),
        ("notify.open_message", {"message_id": uuid4()}),
        ("instructions.register_list", {"after": uuid4()}),
        ("instructions.register_list", {"q": "农村饮水", "sort": "due"}),
        ("static", {"filename": "portal.css"}),
        ("matters.matter", {"matter_id": uuid4(), "_external": True}),
        ("matters.matter", {"matter_id": uuid4(), "_anchor": "papers"}),
    ],
)
def test_an_address_is_what_flask_builds(world: World, endpoint: str, values: dict[str, object]) -> None:
    for _time in range(2):  # built, and found again
        with world.app.test_request_context(world.url()):
            world.app.preprocess_request()
            assert url_for(endpoint, **values) == Flask.url_for(world.app, endpoint, **values)  # type: ignore[arg-type]
        values = {name: uuid4() if isinstance(value, UUID) else value for name, value in values.items()}


def test_each_city_has_addresses_of_its_own(world: World) -> None:
    matter_id = uuid4()
    with world.app.test_request_context(world.url()):
        world.app.preprocess_request()
        here = url_for("matters.matter", matter_id=matter_id)
        assert here == world.url(f"matters/{matter_id}")
        city, g.city = g.city, type("City", (), {"slug": "elsewhere"})()
        assert url_for("matters.matter", matter_id=matter_id) == here.replace(f"/{city.slug}/", "/elsewhere/")


def test_below_a_place_of_another_server_it_begins_there(world: World) -> None:
    with world.app.test_request_context(world.url(), environ_overrides={"SCRIPT_NAME": "/portal"}):
        g.city = type("City", (), {"slug": world.slug})()
        assert url_for("overview.desk") == f"/portal/{world.slug}/"
