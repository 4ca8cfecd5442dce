"""The pages at the door, in two rooms: signing in and one's own account; the second factor and confirming oneself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from flask import Blueprint, Flask
from flask_babel import LazyString
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from portal.identity import authentication
from portal.identity.pace import counted

blueprint = Blueprint("identity", __name__)
limiter = Limiter(get_remote_address, default_limits=[])


@dataclass(frozen=True, slots=True)
class ShownAccounts:
    """What a demonstration city tells whoever wants to try it: who may sign in (whose it is, sign-in name), and how."""

    slug: str
    accounts: Sequence[tuple[LazyString, str]]
    password_words: LazyString


def show_accounts(app: Flask, shown: ShownAccounts) -> None:
    """List these on the sign-in page of the demonstration city of that name; another city is none of theirs."""
    app.extensions["shown_accounts"] = shown


def install(app: Any) -> None:
    """Flask-Login and the limits of this feature."""
    authentication.install(app)
    limiter.init_app(app)
    app.extensions["count_refused"] = partial(counted, act="refused_act")


from portal.identity.routes import proving, signing_in  # noqa: E402, F401 - they add their pages to the blueprint
