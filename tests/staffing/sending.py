"""Sending a form as a browser does, and asking for a page."""

from __future__ import annotations

from werkzeug.test import TestResponse

from tests.world import World


def send(world: World, by: str, path: str, /, **fields: object) -> TestResponse:
    """Posts the form as that person; what the server answers, not followed."""
    client = world.browser(by)
    return client.post(world.url(path), data={"csrf_token": world.token(client), **fields})


def look(world: World, person: str, path: str) -> TestResponse:
    """Opens the page as that person."""
    return world.browser(person).get(world.url(path))
