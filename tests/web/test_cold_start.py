"""The first requests that a process serves meet: what is made once, by whoever comes first, is made by several at once.

A name that is given to a table once and for all (`aliased` in a module) learns its columns at its first use. Of two threads that
use it first one may see half of them, and its statement, which then names the table itself, is kept for everybody.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from difflib import unified_diff
from uuid import UUID

import pytest
from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState
from sqlalchemy.sql import visitors
from sqlalchemy.sql.selectable import AliasedReturnsRows

from portal.kernel.db import PortalSession
from tests.at_the_door import KNOWN
from tests.conftest import CLONE, Database
from tests.world import World

Page = tuple[str, str]  # who asks, and the address


@pytest.fixture
def pages(world: World) -> list[Page]:
    """Pages of all that is read most: a matter that is being signed, its report, one that is confidential, and the lists."""
    in_sign_off = world.at_work()
    report: UUID = world.submit(in_sign_off)
    confidential = world.assign(world.register(confidential=True), handler="health.handler")
    return [
        ("health.director", world.url(f"matters/{in_sign_off}")),
        ("health.director", world.url(f"reports/{report}")),
        ("health.handler", world.url(f"matters/{confidential}")),
        ("health.handler", world.url()),
        ("city.supervisor", world.url("instructions")),
        ("city.supervisor", world.url("network")),
        ("health.handler", world.url("messages")),
    ]


def test_the_first_requests_of_a_process_are_answered_like_all_others(
    world: World, pages: list[Page], database: Database, redis_url: str, keys: dict[str, str]
) -> None:
    sent = {name: cookies(world, name) for name, _address in pages}
    matter, report, confidential, *lists = [(sent[name], address) for name, address in pages]
    processes = [[matter, *lists[:2]], [report], [confidential, *lists[2:]]]
    served = subprocess.run(
        [sys.executable, "-m", "tests.web.cold"],
        cwd=CLONE,
        env=os.environ | keys | {"DATABASE_URL": database.app_url, "REDIS_URL": redis_url},
        input=json.dumps(processes),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    answers = json.loads(served.stdout)
    assert len(answers) == len(pages)
    for address, given in answers:
        statuses, texts = zip(*given, strict=True)
        assert statuses[0] == 200, address
        apart = [line for text in texts[1:] for line in unified_diff(texts[0].splitlines(), text.splitlines(), lineterm="", n=0)]
        assert len(given) == 1, f"{address}: {statuses} {apart[:20]}"


def test_no_two_requests_share_the_name_of_a_table(world: World, pages: list[Page]) -> None:
    asked: list[Page] = []
    used: dict[AliasedReturnsRows, tuple[int, object]] = {}
    shared: set[str] = set()

    def look(state: ORMExecuteState) -> None:
        for name in names_in(state.statement):
            before, statement = used.setdefault(name, (len(asked), state.statement))
            if before != len(asked) and statement is not state.statement:  # one that is kept whole learns nothing more
                shared.add(f"{name!r}: {asked[before - 1]}, {asked[-1]}")

    event.listen(PortalSession, "do_orm_execute", look)
    try:
        for page in [*pages, *pages]:
            asked.append(page)
            assert world.browser(page[0]).get(page[1]).status_code == 200
    finally:
        event.remove(PortalSession, "do_orm_execute", look)
    assert used and not shared


def names_in(statement: visitors.ExternallyTraversible) -> Iterator[AliasedReturnsRows]:
    """The names that a statement gives to tables and to statements within it."""
    for part in visitors.iterate(statement):
        for one in (part, getattr(part, "table", None)):
            if isinstance(one, AliasedReturnsRows):
                yield one


def cookies(world: World, name: str) -> str:
    """What this person's browser sends, once they are signed in."""
    browser = world.browser(name)
    kept = ((name, browser.get_cookie(name)) for name in ("duban", KNOWN))
    return "; ".join(f"{name}={cookie.value}" for name, cookie in kept if cookie)
