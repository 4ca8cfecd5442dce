"""In which language a page is shown: the person's own, before sign-in the browser's cookie, then what it accepts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

from flask import Flask, Response, g, has_request_context, request
from flask_babel import Babel

from portal.kernel import language
from portal.kernel.language import DEFAULT, LANGUAGES
from portal.web.guards import current_visitor

COOKIE = "language"


def install(app: Flask, catalogues: Iterable[Path] = ()) -> None:
    """Chinese message ids need no catalogue; English is the one there is, in the portal's and in further catalogues. Times are
    Shanghai's."""
    app.config["BABEL_DEFAULT_LOCALE"] = DEFAULT
    app.config["BABEL_DEFAULT_TIMEZONE"] = "Asia/Shanghai"
    Babel(app, locale_selector=_chosen, timezone_selector=lambda: "Asia/Shanghai")
    language.read_catalogues((Path(app.root_path) / "translations", *catalogues))
    app.jinja_env.install_gettext_callables(language._, language._n, newstyle=True)  # type: ignore[attr-defined]


def _chosen() -> str:
    if not has_request_context():
        return DEFAULT
    visitor = None if g.get("without_frame") else current_visitor()
    if visitor is not None and visitor.language in LANGUAGES:
        return str(visitor.language)
    kept = request.cookies.get(COOKIE)
    if kept in LANGUAGES:
        return kept
    return request.accept_languages.best_match(list(LANGUAGES), DEFAULT) or DEFAULT


def remember(response: Response, chosen: str) -> None:
    """Keep the language of this browser, for before sign-in."""
    age = timedelta(days=365)
    response.set_cookie(COOKIE, chosen, max_age=age, httponly=True, samesite="Lax", secure=request.is_secure)
