"""How many statements a page costs: the same app in this process, with a listener on its engine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from bench.browser import TOKEN, Ask
from bench.network import PASSWORD, SLUG
from portal.app import check_ready, create_app
from portal.config import Settings
from portal.kernel.db import db


class Counted:
    """The portal in this process; `seen` are the statements since the last `count` began."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.app: Flask = check_ready(create_app(Settings.from_environment(environment)))
        self.seen: list[tuple[str, Any]] = []
        with self.app.app_context():
            event.listen(db.engine, "before_cursor_execute", self._note)

    def _note(self, connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        self.seen.append((statement, parameters))

    def browser(self, name: str) -> FlaskClient:
        """A browser in which this person is signed in."""
        client = self.app.test_client()
        path = f"/{SLUG}/sign-in"
        found = TOKEN.search(client.get(path).get_data(as_text=True))
        assert found is not None
        client.post(path, data={"csrf_token": found[1], "name": name, "password": PASSWORD})
        return client

    def count(self, client: FlaskClient, ask: Ask) -> int:
        """The statements of one answer, the second time it is asked for."""
        for _turn in range(2):
            body = dict(parse_qsl(ask.body(), keep_blank_values=True)) if ask.body else None
            if body is not None:
                found = TOKEN.search(client.get(ask.path).get_data(as_text=True))
                body["csrf_token"] = found[1] if found else ""
            self.seen.clear()
            client.get(ask.path) if body is None else client.post(ask.path, data=body)
        return len(self.seen)

    def close(self) -> None:
        """Lets the database go."""
        with self.app.app_context():
            db.engine.dispose()
