"""Who may pass. Every view declares its act; the app refuses to start when one does not.

The door is held in one place, before the view: city, session, forged posts, the first password, the second factor of
those who must have one, and the acts that need no record. What depends on a record is judged in the service, by the same policy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar, cast
from urllib.parse import urlsplit
from uuid import UUID

from flask import Flask, Response, current_app, g, jsonify, make_response, request, session
from flask_login import current_user
from flask_wtf.csrf import CSRFError

from portal.access.actor import Actor
from portal.access.acts import OPEN_TO_ALL
from portal.access.policy import allowed
from portal.access.roles import OFFICERS
from portal.config import MEBIBYTE
from portal.kernel import clock
from portal.kernel.language import _
from portal.kernel.refusals import Forbidden, Invisible
from portal.registry.acts import ACTS, About, Act
from portal.registry.navigation import Purpose
from portal.web import once
from portal.web.cities import OUTSIDE, current_city, inside
from portal.web.places import place_url
from portal.web.responses import go, is_htmx, is_poll, wants_json
from portal.web.tokens import DrawnFor, Protection, drawn_for, token_for

TYPED_BY_STRANGERS, TYPED = 64 * 1024, 2 * MEBIBYTE  # octets of a posted form without files
CONFIRMED_FOR = timedelta(minutes=15)  # after sign-in, or showing again that it is he: what is confidential opens
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

csrf = Protection()
View = TypeVar("View", bound=Callable[..., Any])


class Visitor(Protocol):
    """What the door knows of a signed-in person; Flask-Login's user."""

    session_id: Any
    person_id: int
    id: int
    city_id: int
    name: str
    sign_in_name: str
    language: str | None
    must_change_password: bool
    acting_post_id: int | None
    confirmed_at: datetime
    suspended: bool
    has_second_factor: bool
    second_factor_for_all: bool
    beside: Mapping[str, Any]


class UndeclaredAct(RuntimeError):
    """A route says nothing about who may use it; the app does not start."""


def allows(
    act: Act,
    *,
    first_password: bool = False,
    one_factor: bool = False,
    saves_itself: bool = False,
    once: bool = False,
    filed_under: Callable[[UUID], str | None] | None = None,
) -> Callable[[View], View]:
    """Declare the act of a view. `first_password`: open also to whoever must change a one-time password first;
    `one_factor`: open also to whoever must set up a second factor first; `saves_itself`: a script saves what is being
    typed, answered without any of it, and is not interrupted by being asked who it is; `once`: a page of a form, and where it
    is sent, filed once: the browser's Back leads to what it has made; `filed_under`: what it makes keeps the form's key itself,
    and this finds where whoever is signed in has it."""

    def declare(view: View) -> View:
        view.declared_act = act  # type: ignore[attr-defined]
        view.with_first_password = first_password  # type: ignore[attr-defined]
        view.with_one_factor = first_password or one_factor  # type: ignore[attr-defined]
        view.saves_itself = saves_itself  # type: ignore[attr-defined]
        view.once = once  # type: ignore[attr-defined]
        view.filed_under = filed_under  # type: ignore[attr-defined]
        return view

    return declare


def install(
    app: Flask,
    actor_of: Callable[[Visitor], Actor],
    keep_form: Callable[[], str | None],
) -> None:
    """Hold the door. `actor_of` makes the actor of a visitor in his acting post; `keep_form` keeps what an expired
    session posted and answers where it can be gone on with."""
    app.extensions["door"] = (actor_of, keep_form)
    csrf.init_app(app)
    app.context_processor(lambda: {"csrf_token": form_token})

    @app.before_request
    def _admit() -> Response | None:
        if request.endpoint in OUTSIDE:
            return None
        visitor = current_visitor()
        if request.endpoint is None:
            return None
        if current_city() is None:
            raise Invisible
        return _judge(visitor)


def _judge(visitor: Visitor | None) -> Response | None:
    view: Any = current_app.view_functions[str(request.endpoint)]
    act: Act = view.declared_act
    if act is OPEN_TO_ALL:
        request.max_content_length = TYPED_BY_STRANGERS
    elif request.mimetype != "multipart/form-data":
        request.max_content_length = TYPED  # Werkzeug's own limit of form memory holds for multipart bodies only
    if act is not OPEN_TO_ALL and visitor is None:
        return _send_to_sign_in()
    if request.method not in SAFE:
        try:
            csrf.protect()
        except CSRFError:
            if visitor is not None and is_ours():
                g.kept_at = _keep_form()
            raise
        if visitor is not None and act.about is About.NOTHING and _post_changed():
            g.post_changed = True
            g.kept_at = _keep_form()
            raise CSRFError("drawn for another post")
    first = visitor is not None and visitor.must_change_password
    if first and act is not OPEN_TO_ALL and not view.with_first_password:
        return go(place_url(Purpose.PASSWORD))
    if visitor is not None and act is not OPEN_TO_ALL and not view.with_one_factor and lacks_second_factor(visitor):
        return go(place_url(Purpose.SECOND_FACTOR))
    if act.about is About.NOTHING:
        decision = allowed(current_actor(), act)
        if not decision:
            raise Forbidden(_("您不能办这件事"), unmet=decision.unmet)
    if visitor is None or not view.once:
        return None
    return once.judge(safe=request.method in SAFE, filed_under=view.filed_under)


def _send_to_sign_in() -> Response:
    if is_poll():
        return make_response("", 204)
    if wants_json():
        return make_response(jsonify(signed_in=False), 401)
    if request.method in SAFE:
        return go(place_url(Purpose.SIGN_IN, next=_here()))
    kept = _keep_form() if is_ours() else None
    return go(place_url(Purpose.SIGN_IN, next=kept, expired=1, form=None if kept else g.get("form_became")))


def send_to_confirm() -> Response:
    """Where one shows again that it is he, and comes back: a page to itself, a form to the page that sends it on."""
    return go(place_url(Purpose.CONFIRM, next=_here() if request.method in SAFE else _keep_form()))


def _here() -> str | None:
    return inside(_seen_page() if is_htmx() else request.full_path.rstrip("?"))


def _seen_page() -> str:
    """The page on which htmx asks, as it says; nothing where that is no address."""
    try:
        seen = urlsplit(request.headers.get("HX-Current-URL", ""))
    except ValueError:
        return ""
    return seen.path + (f"?{seen.query}" if seen.query else "")


def must_have_second_factor(visitor: Visitor) -> bool:
    """The three officers and, where the city has decided so, everybody; in a demonstration city nobody is made to."""
    city = current_city()
    if city is None or city.demonstration:
        return False
    return visitor.second_factor_for_all or current_actor().has(*OFFICERS)


def lacks_second_factor(visitor: Visitor) -> bool:
    """He must have a second factor and has none: he may set it up, and nothing else."""
    return not visitor.has_second_factor and must_have_second_factor(visitor)


def is_secret(field: str) -> bool:
    """What was typed into a field of this name is never kept or sent back: a password, a one-time code."""
    return "password" in field.lower() or "passcode" in field.lower()


def form_token() -> str:
    """The token of a form that is drawn now: it says for whom."""
    city = None if g.get("without_frame") else current_city()
    if city is None or current_visitor() is None:
        return token_for(0, DrawnFor(0, None))
    return token_for(city.id, _drawn_now())


def _drawn_now() -> DrawnFor:
    acting = current_actor().acting
    return DrawnFor(current_actor().person_id, acting.post_id if acting else None)


def _post_changed() -> bool:
    """The form was drawn while its sender was acting in another of his posts: what is judged without a record, and in whose
    series it is counted, hangs on that."""
    drawn = drawn_for(cast("Any", current_city()).id)
    return drawn is not None and drawn != _drawn_now()


def _keep_form() -> str | None:
    keep = cast("Callable[[], str | None]", current_app.extensions["door"][1])
    return keep()


def is_ours() -> bool:
    """The post came from a page of this portal: what strangers' pages post is not kept for anybody."""
    origin = request.headers.get("Origin")
    return origin == request.host_url.rstrip("/") if origin is not None else bears_token()


def bears_token() -> bool:
    """The form's token belongs to this browser's session."""
    try:
        csrf.protect()
    except CSRFError:
        return False
    return True


def current_visitor() -> Visitor | None:
    """Who is signed in in this browser, in this city; nobody before sign-in."""
    if g.get("city") is None or "_user_id" not in session:
        return None
    return cast("Visitor", current_user) if current_user.is_authenticated else None


def current_actor() -> Actor:
    """The signed-in person with the standings in force today, the acting post first."""
    if "actor" not in g:
        visitor = current_visitor()
        if visitor is None:
            raise Invisible
        actor_of = current_app.extensions["door"][0]
        made: Actor = actor_of(visitor)
        fresh = clock.now() - visitor.confirmed_at < CONFIRMED_FOR or _saves_itself()
        g.actor = replace(made, suspended=visitor.suspended, confirmed=fresh)
    actor: Actor = g.actor
    return actor


def _saves_itself() -> bool:
    """A draft saved by itself: only where the view says so, for whoever asks for JSON is a script or a stranger's."""
    view = current_app.view_functions.get(str(request.endpoint))
    return request.method not in SAFE and wants_json() and getattr(view, "saves_itself", False)


def refuse_undeclared(app: Flask) -> None:
    """Stop the start when a route declares no act, or stands outside every city; or an act that no feature
    registers; or two stand at one address; call after all are registered."""
    known = set(ACTS)
    taken: dict[tuple[str, str], str] = {}
    for rule in app.url_map.iter_rules():
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            if (other := taken.setdefault((rule.rule, method), rule.endpoint)) != rule.endpoint:
                raise UndeclaredAct(f"{method} {rule.rule} is {other} and {rule.endpoint}: an address is one page's")
        if rule.endpoint in OUTSIDE:
            continue
        act = getattr(app.view_functions[rule.endpoint], "declared_act", None)
        if not isinstance(act, Act):
            raise UndeclaredAct(f"{rule.rule} ({rule.endpoint}) declares no act: decorate it with @allows(…)")
        if act not in known:
            raise UndeclaredAct(f"{rule.rule} ({rule.endpoint}) declares the act {act}, which no feature registers")
        if "city" not in rule.arguments:
            raise UndeclaredAct(f"{rule.rule} ({rule.endpoint}) stands outside every city")
