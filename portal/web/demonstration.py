"""The bar on every page of a demonstration city while its earlier months are still being played."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, current_app

from portal.access.acts import OPEN_TO_ALL
from portal.kernel.city import Demonstration, demonstration
from portal.kernel.refusals import Invisible
from portal.web.cities import PREFIX, current_city
from portal.web.guards import allows
from portal.web.responses import page

ENDPOINT = "demonstration"


def install(app: Flask) -> None:
    """Let the bar ask how far it is."""
    app.extensions["played"] = set()
    app.add_url_rule(f"{PREFIX}/demonstration", ENDPOINT, _progress)


def being_played() -> Demonstration | None:
    """How far this request's city is played; None in a real city, where all is, and where nobody plays the rest. A process
    that has seen the end asks no more."""
    city, played = current_city(), current_app.extensions["played"]
    if city is None or not city.demonstration or city.id in played or not current_app.extensions["settings"].plays:
        return None
    known = demonstration()
    if known is not None and known.waiting:
        return known
    played.add(city.id)
    return None


@allows(OPEN_TO_ALL)
def _progress(**_city: Any) -> Response:
    city = current_city()
    if city is None or not city.demonstration:
        raise Invisible
    return page("demonstration.html", asked=True)
