"""How a request becomes a person: the token in the browser's cookie, the session row, and back.

Failures at sign-in are counted by browser where the browser is known (it once signed in under that name), else by
network address: behind one office's address strangers' failures do not lock out the colleague beside them.
"""

from __future__ import annotations

import hmac
import secrets
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

from flask import Flask, Response, current_app, g, request, session, url_for
from flask_login import LoginManager, UserMixin, logout_user
from itsdangerous import BadSignature, URLSafeTimedSerializer

from portal.access.actor import Actor
from portal.identity import kept_forms, sessions
from portal.identity.lockout import KNOWN_BROWSER
from portal.identity.models import SignInSession
from portal.identity.service import signing_in
from portal.vault.screening import classification_mark
from portal.web.cities import current_city, inside
from portal.web.forms import typed_by_hand
from portal.web.guards import bears_token, current_visitor, is_secret
from portal.web.responses import is_poll
from portal.web.tokens import drawn_for
from portal.web.transactions import commit_now, when_committed

KNOWN = "known_browser"
HALFWAY, HALFWAY_FOR = "halfway", timedelta(minutes=5)
KNOWN_FOR = timedelta(days=180)

manager = LoginManager()


class Visitor(UserMixin):
    """Flask-Login's view of a session found good. Its id is the token, which only the browser keeps."""

    def __init__(self, token: str, found: sessions.SignedIn) -> None:
        self.token = token
        self.found = found

    def get_id(self) -> str:
        return self.token

    def __getattr__(self, name: str) -> Any:
        if name in ("found", "token"):
            raise AttributeError(name)
        return getattr(self.found, name)

    @property
    def id(self) -> int:  # type: ignore[override]
        return self.found.person_id


def install(app: Flask) -> None:
    """Let Flask-Login find the session of a request."""
    manager.session_protection = None  # a telephone's address changes; the token is what counts
    manager.init_app(app, add_context_processor=False)  # else the page that says the database is away would ask it


@manager.user_loader
def _load(token: str) -> Visitor | None:
    if current_city() is None:
        return None
    found = sessions.find(token, _idle())
    if found is None:
        return None
    # Kept at once: that somebody was there is true whatever becomes of the request.
    if not is_poll() and sessions.see(found):
        commit_now()
    return Visitor(token, found)


def admit(made: SignInSession, token: str) -> None:
    """Give the browser its session, once the sign-in is committed; nothing of an earlier one is left in the cookie."""
    name = made.person.sign_in_name

    def give() -> None:
        said = session.get("_flashes")
        session.clear()
        if said:
            session["_flashes"] = said
        session["_user_id"] = token
        session["_fresh"] = True

    g.known_browser = _known_browsers().dumps([_name_mark(made.city_id, name), known_browser(name) or secrets.token_hex(8)])
    when_committed(give)


def renew(token: str) -> None:
    """Give the browser its session's new token, once that is committed."""

    def give() -> None:
        session["_user_id"] = token

    when_committed(give)


def dismiss() -> None:
    """Take the session from the browser."""

    def take() -> None:
        logout_user()
        session.clear()

    when_committed(take)


def confirm(actor: Actor, password: str, code: str | None = None) -> None:
    """Ask the signed-in person for his password again, and the code of his second factor where he has one (Invalid
    when wrong), and give his session a new token."""
    signing_in.confirm_password(actor, password, source(), code, address=address())
    visitor = signed_in()
    renew(sessions.rotate(visitor.session_id))


def asks_for_code() -> bool:
    """Whether this person has a second factor, and its code is asked for too."""
    return signed_in().has_second_factor


def way_of_confirming() -> str:
    """How this person confirms himself, as a signature keeps it."""
    return signing_in.WITH_CODE if asks_for_code() else signing_in.PASSWORD


def go_halfway(half: signing_in.Halfway) -> None:
    """Remember in the browser, for five minutes, that the password was right; it opens nothing but the second step."""
    said = [city_id(), half.person_id, half.name, half.mark]
    when_committed(lambda: session.__setitem__(HALFWAY, _halves().dumps(said)))


def halfway() -> signing_in.Halfway | None:
    """Who has shown his password in this browser and not yet his code."""
    try:
        of_city, person_id, name, mark = _halves().loads(session.get(HALFWAY, ""), max_age=int(HALFWAY_FOR.total_seconds()))
    except (BadSignature, ValueError, TypeError):
        return None
    return signing_in.Halfway(person_id, name, mark) if of_city == city_id() else None


def city_id() -> int:
    """The number of the city of this address; behind the door there always is one."""
    city = current_city()
    return city.id if city else 0


def signed_in() -> sessions.SignedIn:
    """The session of this request; only behind a door that has let somebody in."""
    visitor = cast("Visitor", current_visitor())
    return visitor.found


def source(name: str | None = None) -> str:
    """By what failures are counted: the browser that is known under this name, else the network address."""
    said = name if name is not None else signed_in().sign_in_name
    known = known_browser(said)
    return f"{KNOWN_BROWSER}{known}" if known else address()


def address() -> str:
    """The network address the request came from."""
    return request.remote_addr or "-"


def known_browser(name: str) -> str | None:
    """The number of this browser, if that name once signed in here."""
    city = current_city()
    try:
        said = _known_browsers().loads(request.cookies.get(KNOWN, ""), max_age=int(KNOWN_FOR.total_seconds()))
    except BadSignature:
        return None
    if city is None or not isinstance(said, list) or len(said) != 2 or said[0] != _name_mark(city.id, name):
        return None
    return str(said[1])


def _name_mark(city: int, name: str) -> str:
    """What stands for a sign-in name in the browser: whoever finds it there reads no name and cannot try any."""
    key = f"known-browser:{current_app.config['SECRET_KEY']}".encode()
    return hmac.new(key, f"{city}:{name}".encode(), "sha256").hexdigest()[:32]


def remember_browser(response: Response) -> Response:
    """Put the mark of a known browser on the answer to a successful sign-in."""
    response.set_cookie(KNOWN, g.known_browser, max_age=KNOWN_FOR, httponly=True, samesite="Lax", secure=request.is_secure)
    return response


def keep_form() -> str | None:
    """Keep what was posted and cannot be filed now, for whom the form was drawn; where he can go on with it. No password,
    no file, nothing that bears a mark of classification. What was drawn for somebody else than who is here waits for its
    own sender (`g.form_became` says so: `set_aside`, or `lost`), and is nobody else's."""
    visitor = current_visitor()
    here = visitor.person_id if visitor else sessions.person_of_expired(str(session.get("_user_id", "")))
    if request.method != "POST":
        return None
    fields = [
        (name, value)
        for name, value in request.form.items(multi=True)
        if name != "csrf_token" and not is_secret(name) and not classification_mark(value)
    ]
    drawn = drawn_for(city_id())
    whose = drawn.person_id if drawn else here if bears_token() else None
    if typed_by_hand(fields):
        g.form_became = "lost"
    if here is None or not whose:
        return None
    path = request.full_path.rstrip("?")
    kept: UUID | None = kept_forms.keep(whose, path, fields, any(request.files.values()), waits=whose != here)
    if kept is None:
        return None
    if whose != here:
        g.form_became = "set_aside"
        return None
    return url_for("identity.carry_on", kept_id=kept)


class FiledForms:
    """What was filed under which key, as the door knows it."""

    def led_to(self, key: UUID) -> str | None:
        """Where this person was led when he filed the form of this key."""
        return kept_forms.led_to(signed_in().person_id, key)

    def file(self, key: UUID, led_to: str) -> None:
        """The form of this key is filed."""
        kept_forms.file(signed_in().person_id, key, inside(led_to) or "")


def _idle() -> timedelta:
    return cast("timedelta", current_app.config["SESSION_IDLE"])


def _halves() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.secret_key), salt="halfway")


def _known_browsers() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.secret_key), salt="known-browser")
