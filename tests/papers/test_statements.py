"""What the last signature costs: statements of the whole answer, what every page asks included, as the bench counts them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, select

from portal.access.actor import SYSTEM
from portal.access.visibility import as_seen_by
from portal.kernel.db import db
from portal.papers.models import SignOff
from tests.at_the_door import PASSWORD
from tests.world import World

MOST = 28


@contextmanager
def counted(world: World) -> Iterator[list[str]]:
    """The statements that are sent from here on."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    with world.app.app_context():
        event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        with world.app.app_context():
            event.remove(db.engine, "before_cursor_execute", note)


def _issue(world: World) -> list[str]:
    report_id = world.sign(world.submit(world.at_work()), "health.director")
    with world.work():
        digest = db.session.scalars(select(SignOff.digest).where(SignOff.paper_id == report_id).options(as_seen_by(SYSTEM))).one()
    signer = world.browser("health.deputy")
    form = {"csrf_token": world.token(signer), "step": "2", "digest": digest, "password": PASSWORD}
    signer.get(world.url(f"reports/{report_id}"))  # the city's row is remembered from here on
    with counted(world) as seen:
        assert signer.post(world.url(f"reports/{report_id}/sign"), data=form).status_code == 303
    return list(seen)


def test_a_report_is_issued_in_few_statements(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world.app, "testing", False)
    _issue(world)  # statements are composed, and what does not change is remembered, the first time
    seen = _issue(world)
    assert len(seen) <= MOST, seen
