"""What the portal is held against: the register list as the shortest Flask and SQLAlchemy page that could be written.

The same statement on the same rows through a plain session, after looking the cookie's session up: no seam, no policy,
no frame, no language, no journal. It reads the portal's cookie, so that the same sign-in serves both.
"""

from __future__ import annotations

import hashlib
import os
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from flask import Flask, abort, render_template_string, session
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session, scoped_session, sessionmaker

import portal.app  # noqa: F401 - every model
from portal.access.roles import SUPERVISION, audience_principal, person_principal, shells_principal, standing_principal
from portal.config import sqlalchemy_url
from portal.identity.models import Person, SignInSession
from portal.instructions.rules import INSTRUCTION
from portal.matters import lists
from portal.network.models import Post

PAGE = """<!doctype html><meta charset="utf-8"><title>{{ total }}</title><table>
{% for row in rows %}<tr><td>{{ row.matter.number }}<td>{{ (row.matter.content.plain or {}).title }}
<td>{{ row.matter.lead_unit_name }}<td>{{ row.matter.due_on }}<td>{{ row.matter.state }}</tr>
{% endfor %}</table>"""


def make_app() -> Flask:
    """The whole application."""
    app = Flask("bare")
    app.config.update(
        SECRET_KEY=Path(os.environ["SECRET_KEY_FILE"]).read_text(encoding="ascii").strip(), SESSION_COOKIE_NAME="duban"
    )
    engine = create_engine(
        sqlalchemy_url(os.environ["DATABASE_URL"]),
        pool_size=8,
        max_overflow=8,
        connect_args={"options": f"-c app.city={int(os.environ['BENCH_CITY'])}"},
    )
    sessions: scoped_session[Session] = scoped_session(sessionmaker(engine, expire_on_commit=False))
    lists.pages.db = SimpleNamespace(session=sessions)  # type: ignore[assignment]
    app.teardown_appcontext(lambda _error: sessions.remove())

    @app.get("/list")
    def list_page() -> str:
        page = lists.page_of(_reader(sessions), (INSTRUCTION,), lists.Conditions())
        return render_template_string(PAGE, rows=page.rows, total=page.total)

    return app


def _reader(sessions: scoped_session[Session]) -> Any:
    digest = hashlib.sha256(session.get("_user_id", "").encode()).hexdigest()
    person = sessions.scalars(
        select(Person).join(SignInSession, SignInSession.person_id == Person.id).where(SignInSession.token_digest == digest)
    ).first()
    if person is None:
        abort(403)
    posts = sessions.scalars(select(Post).where(Post.person_id == person.id, Post.from_on <= date.today())).all()  # noqa: DTZ011
    held = [standing_principal(post.for_unit_id, post.role) for post in posts]
    held += [shells_principal(post.for_unit_id, post.role) for post in posts if post.role in SUPERVISION]
    principals = (person_principal(person.id), audience_principal(person.id), *held)
    return SimpleNamespace(person_id=person.id, principals=principals)


app = make_app()
