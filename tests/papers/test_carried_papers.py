"""The migration that made papers of reports: down and up again in two cities, with a confidential life, one that was sent back
and one that waits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import Any

import psycopg
import pytest
from sqlalchemy import select

from portal.access.actor import SYSTEM
from portal.access.visibility import as_seen_by
from portal.app import check_ready, create_app
from portal.config import Settings
from portal.kernel import clock
from portal.kernel.db import db
from portal.matters.service import reporting
from portal.papers.models import Paper, Submission
from portal.vault.encryption import open_sealed
from tests.conftest import Database
from tests.instructions.test_carried_words import migration
from tests.matters.test_carried_records import Town
from tests.world import World, make_world

NOW = migration("paper").revision
BEFORE = migration("paper").down_revision
TABLES = ("entry", "attachment", "sign_off", "step", "signer", "signature", "submission", "issue")
Rows = dict[str, list[dict[str, Any]]]


def _live(world: World) -> None:
    world.sign(world.submit(world.at_work()), "health.director", "health.deputy")
    secret = world.assign(world.register(confidential=True), handler="health.handler")
    world.sign(world.submit(world.progress(world.acknowledge(secret))), "health.director", "health.deputy")
    matter_id = world.at_work()
    sent_back = world.submit(matter_id)
    world.sign(sent_back, "health.director")
    with world.work("health.deputy"):
        reporting.send_back(world.actor("health.deputy"), sent_back, step=2, reason="请补充")
    world.submit(matter_id)


@pytest.fixture(scope="module")
def towns(new_database: Callable[[str], Database], redis_url: str, keys: dict[str, str]) -> Iterator[list[Town]]:
    database = new_database("papers")
    environment = keys | {"DATABASE_URL": database.app_url, "DATABASE_OWNER_URL": database.owner_url, "REDIS_URL": redis_url}
    app = check_ready(create_app(Settings.from_environment(environment), TESTING=True))
    with clock.set_to(clock.at(date(2026, 7, 1), 9)):
        worlds = [make_world(app, name) for name in ("first", "second")]
        for world in worlds:
            _live(world)
    with app.app_context():
        db.engine.dispose()
    yield [Town(world, database, environment) for world in worlds]
    with app.app_context():
        db.engine.dispose()


def _before(town: Town) -> Rows:
    """Every row of the tables as they were."""
    return {table: _sorted(town.rows(f"select * from {table}")) for table in ("report", *TABLES)}


def _now(town: Town) -> Rows:
    """Every row of the present tables, as it was called before."""
    sign_offs = {row["id"]: row for row in town.rows("select * from sign_off")}
    found = {table: _sorted(_called(table, row, sign_offs) for row in town.rows(f"select * from {table}")) for table in TABLES}
    return found | {"report": _sorted(_called("report", row, sign_offs) for row in town.rows("select * from paper"))}


def _called(table: str, row: dict[str, Any], sign_offs: dict[Any, dict[str, Any]]) -> dict[str, Any]:
    if "sign_off_id" in row:
        key = row.pop("sign_off_id")
        row |= {"paper_id": sign_offs[key]["paper_id"], "generation": sign_offs[key]["generation"]}
        row |= {"id": key} if table == "submission" else {}
    if "paper_id" in row:
        row["report_id"] = row.pop("paper_id")
    if table == "issue":
        row["last_step"] = row["step"]
    new = {"signed", "id"} if table == "sign_off" else {"signed"}
    return {name: value for name, value in row.items() if name not in new}


def _sorted(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: str(sorted(row.items())))


def test_down_and_up_no_word_no_number_no_signature_changes(towns: list[Town]) -> None:
    towns[0].migrate("downgrade", NOW)
    now = [(_now(town), town.rows("select * from submission order by 1")) for town in towns]
    towns[0].migrate("downgrade", BEFORE)
    assert [_before(town) for town in towns] == [called for called, _submitted in now]
    counts = {table: len(rows) for table, rows in now[0][0].items()}
    assert {name: counts[name] for name in ("report", "sign_off", "step", "signature", "issue", "submission")} == {
        "report": 3,
        "sign_off": 4,
        "step": 8,
        "signature": 5,
        "issue": 2,
        "submission": 4,
    }
    towns[0].migrate("upgrade", NOW)
    assert [(_now(town), town.rows("select * from submission order by 1")) for town in towns] == now
    towns[0].migrate("upgrade")
    with towns[0].world.work():
        for kind, word in ((Paper, "body"), (Submission, "fields")):
            found = db.session.scalars(select(kind).options(as_seen_by(SYSTEM))).all()
            assert any(one.confidential for one in found)
            assert all(getattr(one, word) for one in found), "what was sealed before opens after"
    for table in ("signature", "issue", "submission"):
        with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
            towns[0].rows(f"update {table} set record_id = record_id returning 1")
    waiting = towns[1].rows("select paper_id from sign_off where ended_at is null")[0]["paper_id"]
    with clock.set_to(clock.at(date(2026, 7, 2), 9)):
        towns[1].world.sign(waiting, "health.director", "health.deputy")  # type: ignore[arg-type]
    assert len(towns[1].rows("select 1 from issue")) == counts["issue"] + 1, "what was begun before goes on"


def test_words_are_sealed_under_the_name_that_the_table_had_first(towns: list[Town]) -> None:
    with towns[0].world.work():
        paper = db.session.scalars(select(Paper).where(Paper.confidential).options(as_seen_by(SYSTEM))).one()
        assert open_sealed(paper.sealed or b"", f"report:{paper.id}")
