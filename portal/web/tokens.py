"""The token of every form: that the form is ours, and for whom it was drawn.

Flask-WTF's token belongs to a session, so it is void once somebody else has signed in in the same browser; but it does not
say whose it was. Beside it therefore stands a mark, signed, of city, person and post, in the same field and the same
header: what was typed for one person is never filed, or kept, for another.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app, g, request
from flask_wtf.csrf import CSRFProtect, generate_csrf
from itsdangerous import BadSignature, URLSafeSerializer

_BETWEEN = "~"


@dataclass(frozen=True, slots=True)
class DrawnFor:
    """For whom a form was drawn, and in which of his posts he was acting."""

    person_id: int
    post_id: int | None


class Protection(CSRFProtect):
    """Flask-WTF's, of a token that carries a mark."""

    def _get_csrf_token(self) -> str | None:
        token: str | None = super()._get_csrf_token()
        return token.partition(_BETWEEN)[0] if token else None


def token_for(city_id: int, whom: DrawnFor) -> str:
    """The token of a form that is drawn now for that person; signed once, however many forms the page has."""
    signed: dict[tuple[int, DrawnFor], str | bytes] = g.setdefault("marks", {})
    if (city_id, whom) not in signed:
        signed[city_id, whom] = _marks().dumps([city_id, whom.person_id, whom.post_id])
    return f"{generate_csrf()}{_BETWEEN}{signed[city_id, whom]!s}"


def drawn_for(city_id: int) -> DrawnFor | None:
    """For whom the form of this request was drawn in this city, whatever has become of that session; None where the form
    does not say, or says it in another's hand."""
    said = request.form.get("csrf_token") or request.headers.get("X-CSRFToken") or ""
    try:
        of_city, person_id, post_id = _marks().loads(said.partition(_BETWEEN)[2])
    except (BadSignature, ValueError, TypeError):
        return None
    return DrawnFor(person_id, post_id) if of_city == city_id else None


def _marks() -> URLSafeSerializer:
    return URLSafeSerializer(str(current_app.secret_key), salt="drawn-for")
