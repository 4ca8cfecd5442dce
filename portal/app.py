"""The factory: the one place that puts the floors together. What must hold before anyone is served is refused here."""

from __future__ import annotations

import gc
import logging
from pathlib import Path
from typing import Any, cast

from flask import Flask, Response, g, redirect, render_template
from sqlalchemy.engine import make_url
from sqlalchemy.orm import configure_mappers
from werkzeug.middleware.proxy_fix import ProxyFix

from portal.access.roles import Role
from portal.config import MEBIBYTE, Misconfigured, Settings
from portal.features import FEATURES
from portal.identity import authentication
from portal.kernel.city import all_cities
from portal.kernel.connections import POOL_EVENTS
from portal.kernel.db import PERSON, db, enter
from portal.kernel.installation import THERE
from portal.kernel.language import DEFAULT
from portal.network.service.acting import actor_of_session
from portal.notify import wakeup
from portal.officers import restoring
from portal.registry.feature import hand_down, refuse_contradictions, refuse_dead_ends, refuse_untranslated
from portal.registry.hooks import AT_START
from portal.vault import encryption
from portal.web import (
    belongings,
    bodies,
    cities,
    demonstration,
    guards,
    headers,
    locale,
    navigation,
    once,
    readiness,
    refusals,
    room,
    startup_checks,
    templates,
    transactions,
    typed,
)
from portal.web.addresses import Portal

log = logging.getLogger(__name__)

# Read with this module, so that a process that has loaded it can be forked and has all.
refuse_contradictions(FEATURES)
hand_down(FEATURES)


def create_app(settings: Settings | None = None, **config: Any) -> Flask:
    """The portal, ready but not yet allowed to serve: see `check_ready`. `config` is for tests."""
    settings = settings or Settings.from_environment()
    here = str(Path(__file__).resolve().parent)
    app = Portal("portal", root_path=here, template_folder="../templates", static_folder="../static")
    app.request_class = typed.PortalRequest
    app.jinja_environment = templates.Spoken
    app.config.update(
        SECRET_KEY=_secret_key(settings),
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS={
            "pool_events": POOL_EVENTS,
            "hide_parameters": True,
            "pool_size": 8,
            "max_overflow": 8,
            "pool_timeout": 5,
            "connect_args": {
                "connect_timeout": 5,
                "application_name": "duban",
                "options": _options(settings.database_url),
                "prepare_threshold": 1,  # psycopg forgets all at each rollback, and every refusal is one
            },
        },
        MAX_CONTENT_LENGTH=settings.request_limit,
        MAX_FORM_MEMORY_SIZE=2 * MEBIBYTE,
        MAX_FORM_PARTS=2000,
        SESSION_COOKIE_NAME="duban",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.base_url.startswith("https://"),
        SESSION_IDLE=settings.session_idle,
        SESSION_ABSOLUTE=settings.session_absolute,
        WTF_CSRF_TIME_LIMIT=None,  # the token lives as long as the session it belongs to
        WTF_CSRF_CHECK_DEFAULT=False,  # the door checks, after it has seen whose form it is
        SIGN_IN_LIMIT="300 per minute",  # of one network address: a whole office may stand behind it
        RATELIMIT_STORAGE_URI="memory://",
        RATELIMIT_HEADERS_ENABLED=False,
        TEMPLATES_AUTO_RELOAD=False,
    )
    app.config.update(config)
    app.extensions["settings"] = settings
    encryption.configure(settings.vault_key_file)
    db.init_app(app)
    if settings.proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.proxies, x_proto=settings.proxies, x_host=settings.proxies)  # type: ignore[method-assign]

    room.install(app)
    bodies.install(app)
    headers.install(app)
    transactions.install(app, once.remember)
    cities.install(app)
    locale.install(app, (one.translations for one in FEATURES if one.translations is not None))
    templates.install(app)
    guards.install(app, cast("Any", actor_of_session), authentication.keep_form)
    once.install(app, authentication.FiledForms())
    refusals.install(app)
    navigation.install(app)
    demonstration.install(app)
    for feature in FEATURES:
        if feature.blueprint is not None:
            app.register_blueprint(feature.blueprint, url_prefix=cities.PREFIX)
        if feature.install is not None:
            feature.install(app)
    _add_outside(app)
    readiness.install(app, lambda: wakeup.answers(settings.redis_url))
    guards.refuse_undeclared(app)
    refuse_dead_ends(FEATURES, app.view_functions, set(Role))
    with app.app_context():
        refuse_untranslated(FEATURES)
    return app


def check_ready(app: Flask) -> Flask:
    """Let the app serve; raises StartupCheckFailed when a wall is missing, NotItsOwn where keys, files and database do not belong
    together. A database that was restored is held from here on."""
    settings: Settings = app.extensions["settings"]
    with app.app_context():
        try:
            startup_checks.refuse_unless_safe(db.engine, settings.production)
            belongings.refuse_unless_ours(settings)
            _catch_up()
            if restoring.look(settings.cluster):
                log.warning(restoring.HELD)
        finally:
            db.session.remove()
            db.engine.dispose()
    return app


def _catch_up() -> None:
    """In each city, what the features have to do before anyone is served."""
    for city in all_cities() if db.session.scalar(THERE) else ():
        enter(city.id)
        for part in AT_START:
            part()
        db.session.commit()


def preload(app: Flask) -> Flask:
    """Load what every serving process will need, before they are forked, so that they share it."""
    official = templates.environments(app)[DEFAULT]  # the other language's are compiled when somebody speaks it
    for name in official.list_templates():
        official.get_template(name)
    return share(app)


def share(app: Flask) -> Flask:
    """What is loaded now is all that is loaded before the forks, which are to share it."""
    configure_mappers()
    gc.collect()
    gc.freeze()  # else the collector writes into every shared page
    gc.set_threshold(10_000, 20, 20)  # a page makes thousands of objects and no rings: Python's 700 cost it a twentieth
    return app


def _add_outside(app: Flask) -> None:
    @app.get("/", endpoint="front")
    def front() -> Response | str:
        """The only city's desk; where there are none or several, a page that names no city."""
        found = all_cities()
        if len(found) == 1:
            g.city = found[0]
            return app.make_response(redirect(navigation.desk_url()))
        return render_template(templates.template("front.html"), bare=True)


def _options(database_url: str) -> str:
    """How long is waited; what the address says itself counts more."""
    own = make_url(database_url).query.get("options", ())
    limits = (f"-c {name}={limit}" for name, limit in PERSON.limits().items())
    return " ".join((*limits, *((own,) if isinstance(own, str) else own)))


def _secret_key(settings: Settings) -> str:
    try:
        key = settings.secret_key()
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(f"SECRET_KEY_FILE cannot be read ({type(error).__name__})") from None
    if len(key) < 32:
        raise Misconfigured("The key in SECRET_KEY_FILE is shorter than 32 characters.")
    return key
