"""Every address stands under its city: `/<city>/…`. Here the first segment becomes the city the request works in.

The segment is read from the path itself, so that an address no route knows is answered in the same city, for the same
person, with the same bytes as a hidden one.
"""

from __future__ import annotations

import re
import time
from typing import Any
from urllib.parse import unquote

from flask import Flask, g, request, session
from werkzeug.routing import BaseConverter

from portal.kernel.city import City, city_by_slug
from portal.kernel.db import begin, db, enter

PREFIX = "/<slug:city>"
REMEMBERED = 30.0  # seconds a worker remembers a city's row
SLUG = re.compile("[a-z0-9][a-z0-9-]{0,39}")
OUTSIDE = frozenset({"static", "healthz", "readyz", "front"})


class SlugConverter(BaseConverter):
    """A city's short name in an address: lower-case letters, digits, hyphens."""

    regex = SLUG.pattern


def install(app: Flask) -> None:
    """Let addresses name their city; call before routes are registered."""
    app.url_map.converters["slug"] = SlugConverter
    remembered: dict[str, tuple[float, City]] = {}

    def city_of(slug: str) -> City | None:
        kept = remembered.get(slug)
        if kept and kept[0] > time.monotonic() and not app.testing:
            return kept[1]
        begin()
        city = city_by_slug(slug)
        if city is not None:
            db.session.expunge(city)
            remembered[slug] = (time.monotonic() + REMEMBERED, city)
        return city

    @app.url_value_preprocessor
    def _take_city(endpoint: str | None, values: dict[str, Any] | None) -> None:
        if values:
            values.pop("city", None)

    @app.url_defaults
    def _fill_city(endpoint: str, values: dict[str, Any]) -> None:
        city = g.get("city")
        if city is not None and "city" not in values and app.url_map.is_endpoint_expecting(endpoint, "city"):
            values["city"] = city.slug

    @app.before_request
    def _find_city() -> None:
        g.city = None
        if request.endpoint in OUTSIDE:
            return
        slug = request.path.split("/", 2)[1]
        city = city_of(slug) if SLUG.fullmatch(slug) else None
        if city is not None:
            g.city = city
            enter(city.id)
            if "_user_id" in session or request.method == "POST":  # the door asks nothing, and stands while the database is away
                begin()


def current_city() -> City | None:
    """The city of this request's address, if there is one of that name."""
    city: City | None = g.get("city")
    return city


def inside(target: str | None) -> str | None:
    """`target` when it is an address of this very city in this portal, else None: nobody is sent elsewhere."""
    city = current_city()
    if not target or city is None or len(target) > 600 or not target.startswith(f"/{city.slug}/"):
        return None
    path = target.split("?", 1)[0]
    if "\\" in target or "//" in path or any(ord(c) < 33 or ord(c) == 127 for c in target):
        return None
    if not {".", ".."}.isdisjoint(unquote(path).split("/")):
        return None
    return target
