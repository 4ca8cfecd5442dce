"""How the database answers the statements of the pages, by the one plan that it knows for all askings: along the indexes, each of
them read no further than a page or a count needs, however much its reader sees."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast
from uuid import UUID, uuid4

import psycopg
import pytest
from flask import Flask
from sqlalchemy import event, func, select
from sqlalchemy.engine import URL

from bench import data, network
from bench.network import Network
from portal.access.actor import SYSTEM, Actor, Standing
from portal.access.models import Viewer
from portal.access.roles import Role
from portal.access.visibility import as_seen_by
from portal.app import check_ready, create_app
from portal.config import Settings
from portal.identity.queries import session_by_digest
from portal.instructions.rules import INSTRUCTION
from portal.kernel import clock
from portal.kernel.db import db, enter, for_a_person
from portal.local.postgres import conninfo
from portal.matters import lists
from portal.matters.lists import MOST_COUNTED, PAGE_SIZE, Conditions
from portal.matters.lists.stretches import stretches_of
from portal.matters.queries import around, get_matter
from portal.notify.queries import latest
from portal.overview import queries as overview
from portal.overview.routes import EACH
from portal.registry.tasks import TASKS
from tests.conftest import Database

MATTERS = 3_000
STANDINGS = (1, 6, 27)  # of actors with 4, 9 and 30 principals
KINDS = (INSTRUCTION,)
DIGEST = "d" * 64
GROWING = frozenset(data.COLUMNS) | {"sign_in_session", "person", "post"}
FEW = 300  # rows that a join may take together; the readers here see a thousand and more
IN_A_BLOCK = 25  # rows of an index, at the least
A_ROW, A_SCAN, ANYWAY = 25, 6, 60  # blocks of what is read for a row that is shown, for a stretch of an index, and beside

SESSIONS = """
insert into sign_in_session (id, token_digest, person_id, source, started_at, seen_at, confirmed_at, ends_at)
select gen_random_uuid(), encode(sha256(n::text::bytea), 'hex'), 1 + n % 2000, '127.0.0.1', now(), now(), now(), now() + '1 hour'
from generate_series(1, 3000) n;
update sign_in_session set token_digest = repeat('d', 64) where id = (select id from sign_in_session limit 1);
vacuum analyze sign_in_session
"""


@dataclass(frozen=True)
class Town:
    """The bench's city, and a portal on it."""

    portal: Flask
    city_id: int
    network: Network
    shown: UUID

    def actor(self, standings: int) -> Actor:
        """Somebody of the city's supervision office who is also the liaison officer of so many departments."""
        units = [self.network.city, *self.network.departments][:standings]
        roles = (Role.SUPERVISOR, *(Role.LIAISON_OFFICER for _unit in units[1:]))
        held = (Standing(u.id, role, u.id, u.name, u.id, u.path) for u, role in zip(units, roles, strict=True))
        return Actor(self.network.readers["city office"][0], self.city_id, "赵志远", tuple(held))


@pytest.fixture(scope="module")
def town(
    app: Flask, new_database: Callable[[str], Database], postgres: URL, redis_url: str, keys: dict[str, str]
) -> Iterator[Town]:
    database = new_database("plans")
    with psycopg.connect(conninfo(postgres.set(database=database.name)), autocommit=True) as connection:
        city_id, units = network.found(connection)
        maker = data.Maker(units)
        data.load(connection, maker, MATTERS)
        for statement in SESSIONS.split(";"):
            connection.execute(statement)
    settings = Settings.from_environment(keys | {"DATABASE_URL": database.app_url, "REDIS_URL": redis_url})
    portal = check_ready(create_app(settings, TESTING=True))
    yield Town(portal, city_id, units, maker.shown)
    with portal.app_context():
        db.engine.dispose()


@dataclass(frozen=True)
class Asked:
    """What a page reads: so many `rows` are shown, out of so many `stretches` of the index for each principal, each of which is
    read no further than to `most`. What is `counted` besides is read as far as it is counted; what is `filtered` out may be read
    to the end, once for the page and once for the count."""

    read: Callable[[Actor, Town], object]
    rows: int = PAGE_SIZE + 1
    stretches: int = 0
    most: int = PAGE_SIZE + 1
    counted: int = 0
    filtered: bool = False


def listed(sort: lists.Sort = "work", *, tasks: int = 1, filtered: bool = False, exact: bool = False, **conditions: Any) -> Asked:
    """The register under these conditions."""
    return Asked(
        lambda actor, _town: lists.page_of(actor, KINDS, Conditions(**conditions), sort, exact=exact),
        stretches=(len(stretches_of(sort)) + 1) * tasks,
        counted=MOST_COUNTED + 1,
        filtered=filtered,
    )


SPANS, DAYS = 5, overview.FORTNIGHT
ASKED = {
    "register": listed(),
    "waiting": listed(tasks=len(TASKS.names), task="any"),
    "by deadline": listed("due"),
    "by receipt": listed("received"),
    "counted to the end": listed(exact=True, filtered=True),
    "of a state": listed(state="in_progress", filtered=True),
    "ended": listed(state="closed", filtered=True),
    "of a unit": listed(unit="B00004", filtered=True),
    "of a week": listed(due_from=clock.today(), due_to=clock.today() + timedelta(days=7), filtered=True),
    "desk": Asked(lambda actor, _town: lists.first_rows(actor, KINDS, EACH), (EACH + 1) * 6, 5 + len(TASKS.names)),
    "counts": Asked(
        lambda actor, _town: overview.counts_for(actor, KINDS, uuid4(), business=True),
        rows=1,
        stretches=len(TASKS.names) + SPANS + DAYS,
        most=overview.MOST_COUNTED + 1,
    ),
    "matter": Asked(lambda actor, town: around(actor, get_matter(actor, town.shown)), rows=data.ENTRIES, most=FEW),
    "session": Asked(lambda _actor, _town: session_by_digest(DIGEST), rows=4),
    "messages": Asked(lambda actor, _town: latest(actor), rows=6),
}
SEARCHED = ("安全", "报告", "12号")


@contextmanager
def at_work(town: Town) -> Iterator[None]:
    """In a transaction of a person's request, which keeps nothing."""
    with town.portal.app_context():
        enter(town.city_id)
        for_a_person()
        yield
        db.session.rollback()


def index_rows(reader: Actor) -> int:
    """How many rows of the index of viewers are this reader's."""
    asked = select(func.count()).where(Viewer.principal.in_(reader.principals)).options(as_seen_by(SYSTEM))
    return db.session.scalar(asked) or 0


def plans_of(town: Town, reader: Actor, read: Callable[[Actor, Town], object]) -> list[dict[str, Any]]:
    """How each statement that is sent meanwhile is answered, once it is prepared, on the same connection."""
    sent: list[tuple[str, dict[str, Any]]] = []

    def note(_connection: object, _cursor: object, statement: str, values: dict[str, Any], *_rest: object) -> None:
        sent.append((statement, dict(values)))

    connection = db.session.connection()  # the transaction's first statement is no page's
    event.listen(db.engine, "before_cursor_execute", note)
    try:
        read(reader, town)
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    driver = cast("psycopg.Connection", connection.connection.driver_connection)
    assert driver.execute("show plan_cache_mode").fetchone() == ("force_generic_plan",)
    return [explained(driver, statement, values) for statement, values in sent]


def explained(driver: psycopg.Connection, statement: str, values: dict[str, Any]) -> dict[str, Any]:
    """The plan by which a prepared statement was answered to these values."""
    numbers: dict[str, int] = {}
    said = re.sub(r"%\((\w+)\)s", lambda name: f"${numbers.setdefault(name[1], len(numbers) + 1)}", statement)
    driver.execute(f"prepare asked as {said.replace('%%', '%')}".encode())
    given = psycopg.ClientCursor(driver).mogrify(", ".join(f"%({name})s" for name in numbers), values)
    row = driver.execute(f"explain (analyze, buffers, format json) execute asked({given})".encode()).fetchone()
    driver.execute("deallocate asked")
    assert row is not None
    plan: dict[str, Any] = row[0][0]["Plan"]
    return plan


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The parts of a plan that were carried out, itself first."""
    if plan["Actual Loops"]:
        yield plan
        for part in plan.get("Plans", ()):
            yield from nodes(part)


def read_at_once(scan: dict[str, Any]) -> float:
    """How many rows one turn of a scan passes, on the average, whether they are wanted or not."""
    return float(scan["Actual Rows"] + scan.get("Rows Removed by Filter", 0))


def read_in_all(scan: dict[str, Any]) -> float:
    """The same of all its turns."""
    return read_at_once(scan) * float(scan["Actual Loops"])


def faults(plan: dict[str, Any]) -> list[tuple[str, str]]:
    """Tables that grow with the register and are read from end to end, or by a join that takes very many of their rows."""
    found = []
    for node in nodes(plan):
        if node["Node Type"] == "Seq Scan" and node["Relation Name"] in GROWING:
            found.append(("Seq Scan", node["Relation Name"]))
        if node["Node Type"] in ("Hash Join", "Merge Join"):
            below = [one for one in nodes(node) if one.get("Relation Name") in GROWING]
            found += [(node["Node Type"], one["Relation Name"]) for one in below if read_in_all(one) > FEW]
    return found


@pytest.fixture(params=STANDINGS)
def reader(request: pytest.FixtureRequest, town: Town) -> Actor:
    """Somebody with few principals or with many; they see more than is ever counted."""
    return town.actor(request.param)


@pytest.mark.parametrize("name", ASKED)
def test_what_a_page_reads_is_what_it_shows_and_not_what_its_reader_sees(town: Town, reader: Actor, name: str) -> None:
    asked, principals = ASKED[name], len(reader.principals)
    with at_work(town):
        seen = index_rows(reader)
        assert seen > MOST_COUNTED
        plans = plans_of(town, reader, asked.read)
    assert plans
    for plan in plans:
        assert faults(plan) == []
        scans = [node for node in nodes(plan) if node.get("Relation Name") == "viewer"]
        if asked.filtered:
            assert sum(read_in_all(scan) for scan in scans) <= 2 * seen + asked.rows * A_ROW
        else:
            *others, furthest = sorted(map(read_at_once, scans)) or [0.0]
            assert furthest <= max(asked.counted, asked.most)
            assert all(read <= asked.most for read in others)
        blocks = plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
        filtered = 2 * seen // IN_A_BLOCK if asked.filtered else 0
        assert blocks <= asked.rows * A_ROW + principals * asked.stretches * A_SCAN + ANYWAY + filtered


@pytest.mark.parametrize("typed", SEARCHED)
def test_what_is_searched_for_is_found_along_the_indexes(town: Town, reader: Actor, typed: str) -> None:
    with at_work(town):
        plans = plans_of(town, reader, lambda actor, _town: lists.page_of(actor, KINDS, Conditions(text=typed)))
    assert [faults(plan) for plan in plans] == [[]] * 2
