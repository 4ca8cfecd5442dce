"""The addresses of the portal's pages: a page draws some eighty, most of them of a record, and each kind of them is built once."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any
from uuid import UUID

from flask import Flask, g, has_request_context, request

_IN_PLACE_OF = [UUID(int=(0xD0BA << 112) + number) for number in range(4)]
"""What stands in an address that is kept where the ids of records will stand."""


class Portal(Flask):
    """The application; its addresses without anything but ids in them are kept, as patterns."""

    _patterns: dict[tuple[str, str, str, tuple[str, ...]], str]

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._patterns = {}

    def url_for(
        self, /, endpoint: str, *,
        _anchor: str | None = None, _method: str | None = None, _scheme: str | None = None, _external: bool | None = None,
        **values: Any,
    ) -> str:  # fmt: skip
        """As Flask's, of the city that the request is in."""
        build = partial(super().url_for, endpoint, _anchor=_anchor, _method=_method, _scheme=_scheme, _external=_external)
        if _anchor or _method or _scheme or _external is not None or not _is_plain(endpoint, values):
            return build(**values)
        city = g.get("city")
        key = request.script_root, city.slug if city is not None else "", endpoint, tuple(values)
        pattern = self._patterns.get(key)
        if pattern is None:
            places: dict[str, Any] = dict(zip(values, _IN_PLACE_OF, strict=False))
            pattern = build(**places)
            self._patterns[key] = pattern
        for stands, value in zip(_IN_PLACE_OF, values.values(), strict=False):
            pattern = pattern.replace(str(stands), str(value), 1)
        return pattern


def _is_plain(endpoint: str, values: Mapping[str, Any]) -> bool:
    """Nothing that somebody typed, and nothing about how it is to be built: there are few of these, however much is asked."""
    ids = len(values) <= len(_IN_PLACE_OF) and all(type(value) is UUID for value in values.values())
    return ids and not endpoint.startswith(".") and has_request_context()
