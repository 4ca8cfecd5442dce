"""One page, one key. A page that files something is sent on to an address that bears its key, so that fetched again, by the
browser's Back, it has the same one: what was filed under it is shown instead of the form, and sent again it is not done again.
No script is needed for it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol
from urllib.parse import urlencode
from uuid import UUID, uuid4

from flask import Flask, Response, current_app, flash, g, make_response, redirect, request

from portal.kernel.language import _
from portal.kernel.refusals import Stale
from portal.web.responses import go

EXTENSION = "filed_forms"


class FiledForms(Protocol):
    """What remembers which form was filed by whoever is signed in, by its key, and where its sender was led."""

    def led_to(self, key: UUID) -> str | None: ...

    def file(self, key: UUID, led_to: str) -> None: ...


def install(app: Flask, filed: FiledForms) -> None:
    """Give forms the key of their page, and know what was filed."""
    app.extensions[EXTENSION] = filed
    app.context_processor(lambda: {"page_key": page_key()})


def remember(response: Response) -> None:
    """What was filed under the page's key, as a part of the request's transaction."""
    key = g.pop("filing", None)
    led_to = response.headers.get("HX-Redirect") or response.headers.get("Location")
    if key is not None and led_to and response.status_code in (200, 303):
        filed: FiledForms = current_app.extensions[EXTENSION]
        filed.file(key, led_to)


def judge(*, safe: bool, filed_under: Callable[[UUID], str | None] | None) -> Response | None:
    """Where the page's form was filed already: lead there, or raise Stale. A page without a key is sent on with one.
    `filed_under` finds what keeps the form's key itself: nothing else is remembered of it, and whether it is sent again is known
    from what it made."""
    said = request.args.get("key") if safe else request.form.get("request_key")
    try:
        g.page_key = UUID(said or "")
    except ValueError:
        key = new_page_key()
        return _keyed(key) if safe else None
    filed: FiledForms = current_app.extensions[EXTENSION]
    led_to = None if filed_under and not safe else (filed_under or filed.led_to)(g.page_key)
    if led_to is None:
        g.filing = None if safe or filed_under else g.page_key
        return None
    if safe:
        flash(_("这张表已经提交过，没有再办一次"), "soon")
        return go(led_to)
    g.filed_at = led_to
    raise Stale(_("这张表已经提交过，没有再办一次"))


def _keyed(key: UUID) -> Response:
    page = keyless()
    return make_response(redirect(f"{page}{'&' if '?' in page else '?'}key={key}", 303))


def keyless() -> str:
    """The address of this page, without the key of its form."""
    asked = urlencode([(name, value) for name, value in request.args.items(multi=True) if name != "key"])
    return f"{request.path}?{asked}" if asked else request.path


def page_key() -> UUID | None:
    """The key of the form of this page."""
    key: UUID | None = g.get("page_key")
    return key


def new_page_key() -> UUID:
    """From now on this page's form is another one."""
    key = g.page_key = uuid4()
    return key
