"""Order, no skipping, no double signing, no self-signing, no stranger, no other text: refused below Python."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from sqlalchemy import select
from sqlalchemy.engine import make_url

from portal.access.actor import SYSTEM
from portal.access.visibility import as_seen_by
from portal.deadlines.rules import SourceLevel
from portal.kernel.db import db
from portal.local.postgres import conninfo
from portal.papers.models import SignOff
from tests.world import World

INSERT = (
    "insert into signature (sign_off_id, step, record_id, person_id, post_id, drafter_id, digest,"
    " authentication, signed_at) values (%(sign_off)s, %(step)s, %(matter)s, %(person)s, %(post)s,"
    " %(drafter)s, %(digest)s, 'password', now())"
)
ISSUE = (
    "insert into issue (paper_id, signed, sign_off_id, step, record_id, unit_id, series, year, number, issued_at)"
    " values (%(report)s, %(signed)s, %(sign_off)s, %(step)s, %(matter)s, %(unit)s, 'x', 2026, %(number)s, now())"
)


def _issue(world: World, submitted: dict[str, Any], *, step: int | None) -> dict[str, Any]:
    return submitted | {"signed": True, "step": step, "number": 1, "unit": world.units["health"]}


@pytest.fixture
def submitted(world: World) -> dict[str, Any]:
    """A provincial report waiting for its first of three signatures."""
    matter_id = world.at_work(level=SourceLevel.PROVINCE)
    report_id = world.submit(matter_id)
    with world.work():
        sign_off = db.session.scalars(select(SignOff).where(SignOff.paper_id == report_id).options(as_seen_by(SYSTEM))).one()
        return {
            "report": report_id,
            "sign_off": sign_off.id,
            "step": 1,
            "matter": matter_id,
            "digest": sign_off.digest,
            "person": world.people["health.director"],
            "post": world.posts["health.director"],
            "drafter": world.people["health.handler"],
        }


@contextmanager
def _as_app(world: World, database: Any) -> Iterator[psycopg.Connection]:
    """A raw connection in the portal's own role: what a fault in Python could do at worst."""
    with psycopg.connect(conninfo(make_url(database.app_url)), autocommit=True) as connection:
        connection.execute("select set_config('app.city', %s, false)", [str(world.id)])
        yield connection


def test_the_right_signature_is_accepted(world: World, database: Any, submitted: dict[str, Any]) -> None:
    with _as_app(world, database) as connection:
        connection.execute(INSERT, submitted)
        assert connection.execute("select count(*) from signature where sign_off_id = %(sign_off)s", submitted).fetchone() == (1,)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"step": 2, "person": "health.deputy"}, "fk_signature_"),
        ({"step": 3, "person": "health.leader"}, "fk_signature_"),
        ({"person": "health.handler"}, "ck_signature_not_the_drafter"),
        ({"person": "health.handler", "drafter": "health.leader"}, "fk_signature_"),
        ({"person": "finance.director"}, "fk_signature_signer"),
        ({"digest": "0" * 64}, "fk_signature_digest"),
        ({"sign_off": uuid4()}, "fk_signature_"),
        ({"step": 0}, "ck_signature_step"),
    ],
    ids=["skipped", "skipped-twice", "self-made", "false-drafter", "stranger", "another-text", "another-round", "before-the-first"],
)
def test_what_the_chain_does_not_allow_is_refused(
    world: World, database: Any, submitted: dict[str, Any], change: dict[str, Any], fault: str
) -> None:
    wrong = submitted | {k: world.people[v] if k in ("person", "drafter") else v for k, v in change.items()}
    with _as_app(world, database) as connection, pytest.raises(psycopg.errors.IntegrityError, match=fault):
        connection.execute(INSERT, wrong)


def test_a_step_is_signed_once(world: World, database: Any, submitted: dict[str, Any]) -> None:
    with _as_app(world, database) as connection:
        connection.execute(INSERT, submitted)
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute(INSERT, submitted)


def test_whoever_signed_one_step_signs_no_other(world: World, database: Any, submitted: dict[str, Any]) -> None:
    listed = (
        "insert into signer (sign_off_id, step, person_id, record_id, post_id)"
        " values (%(sign_off)s, 2, %(person)s, %(matter)s, %(post)s)"
    )
    with _as_app(world, database) as connection:
        connection.execute(INSERT, submitted)
        connection.execute(listed, submitted)
        with pytest.raises(psycopg.errors.UniqueViolation, match="person_id"):
            connection.execute(INSERT, submitted | {"step": 2})


def test_an_ended_sign_off_stays_so_and_is_signed_no_more(world: World, database: Any, submitted: dict[str, Any]) -> None:
    with _as_app(world, database) as connection:
        connection.execute("update sign_off set ended_at = now() where id = %(sign_off)s", submitted)
        for statement in (INSERT, "update sign_off set ended_at = null where id = %(sign_off)s"):
            with pytest.raises(psycopg.errors.CheckViolation):
                connection.execute(statement, submitted)


def test_nothing_is_issued_before_the_last_signature(world: World, database: Any, submitted: dict[str, Any]) -> None:
    with _as_app(world, database) as connection:
        connection.execute(INSERT, submitted)
        for step, fault in ((3, "fk_issue_signature"), (1, "fk_issue_last_step"), (None, "ck_issue_signed")):
            with pytest.raises(psycopg.errors.IntegrityError, match=fault):
                connection.execute(ISSUE, _issue(world, submitted, step=step))


def test_a_paper_that_needs_signing_is_issued_on_its_own_last_signature_alone(
    world: World, database: Any, submitted: dict[str, Any]
) -> None:
    other = world.submit(world.at_work())
    with _as_app(world, database) as connection:
        for person, step in (("director", 1), ("deputy", 2), ("leader", 3)):
            reached = "insert into signer (sign_off_id, step, person_id, record_id, post_id) values (%s, %s, %s, %s, %s)"
            named = {name: getattr(world, name)[f"health.{person}"] for name in ("people", "posts")}
            if step > 1:
                connection.execute(reached, (submitted["sign_off"], step, named["people"], submitted["matter"], named["posts"]))
            connection.execute(INSERT, submitted | {"step": step, "person": named["people"], "post": named["posts"]})
        for change, fault in (
            ({"signed": False, "sign_off": None, "step": None}, "fk_issue_paper"),  # as if it needed none
            ({"signed": False}, "ck_issue_signed"),
            ({"sign_off": None, "step": None}, "ck_issue_signed"),
            ({"report": other}, "fk_issue_last_step"),  # another paper, on the signatures of this one
            ({"number": None}, "ck_issue_numbered"),
        ):
            with pytest.raises(psycopg.errors.IntegrityError, match=fault):
                connection.execute(ISSUE, _issue(world, submitted, step=3) | change)
        connection.execute(ISSUE, _issue(world, submitted, step=3))


def test_no_closing_report_is_begun_as_if_it_needed_no_signature(world: World, database: Any, submitted: dict[str, Any]) -> None:
    begun = (
        "insert into paper (id, record_id, kind, draft, signed, state, generation, saved, drafter_id, drafter_post_id, changed_at,"
        " confidential, plain) values (gen_random_uuid(), %(matter)s, 'closing_report', 2, false, 'draft', 0, 1, %(person)s,"
        " %(post)s, now(), false, '{}')"
    )
    with _as_app(world, database) as connection, pytest.raises(psycopg.errors.CheckViolation, match="closing_report_is_signed"):
        connection.execute(begun, submitted)


@pytest.mark.parametrize(
    "statement",
    [
        "update sign_off set last_step = 1",
        "update sign_off set drafter_id = drafter_id + 1",
        "update sign_off set digest = 'x'",
        "delete from sign_off",
        "update step set role = 'handler'",
        "update step set number = number + 1",
        "delete from step",
        "update signer set person_id = person_id + 1",
        "update submission set plain = '{}'",
        "update paper set signed = false",
        "update paper set kind = 'letter'",
        "delete from paper",
    ],
)
def test_a_chain_is_not_made_shorter_nor_its_seats_others(
    world: World, database: Any, submitted: dict[str, Any], statement: str
) -> None:
    """Else a report would be issued after its first signature, or signed by who drafted it."""
    with _as_app(world, database) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement)


def test_a_signature_keeps_who_might_make_it(world: World, database: Any, submitted: dict[str, Any]) -> None:
    with _as_app(world, database) as connection:
        connection.execute(INSERT, submitted)
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            connection.execute("delete from signer where sign_off_id = %(sign_off)s", submitted)


@pytest.mark.parametrize(
    "statement",
    [
        "update signature set digest = digest",
        "delete from signature",
        "update journal_entry set act = 'x'",
        "delete from journal_entry",
        "delete from issue",
        "update reading set what = 'x'",
    ],
)
def test_history_is_not_rewritten(world: World, database: Any, statement: str) -> None:
    with _as_app(world, database) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement)


def test_nor_by_the_owner_of_the_tables(world: World, database: Any, submitted: dict[str, Any]) -> None:
    with _as_app(world, database) as connection:
        connection.execute(INSERT, submitted)
    with psycopg.connect(conninfo(make_url(database.owner_url))) as owner:
        owner.execute("select set_config('app.city', %s, false)", [str(world.id)])
        with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
            owner.execute("update signature set digest = digest")


def test_another_city_is_not_there(world: World, new_world: Any, database: Any) -> None:
    matter_id: UUID = world.register()
    other = new_world()
    with _as_app(other, database) as connection:
        assert connection.execute("select count(*) from matter where id = %s", [matter_id]).fetchone() == (0,)
        assert connection.execute("select count(*) from person where id = %s", [world.people["nobody"]]).fetchone() == (0,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(
                "insert into unit (city_id, code, name, short_name, level, kind, path, pinyin)"
                " values (%s, 'x', 'x', 'x', 'city', 'department', '{}', '')",
                [world.id],
            )
    with psycopg.connect(conninfo(make_url(database.app_url))) as nobody:
        assert nobody.execute("select count(*) from matter").fetchone() == (0,)


def test_a_step_is_taken_from_no_unit_that_exists_and_from_nobody_who_signed(
    world: World, database: Any, submitted: dict[str, Any]
) -> None:
    elsewhere = "update step set unit_id = %(unit)s where sign_off_id = %(sign_off)s and number = %(step)s"
    with _as_app(world, database) as connection:
        with pytest.raises(psycopg.errors.CheckViolation):
            connection.execute(elsewhere, submitted | {"unit": world.units["finance"]})
        connection.execute(INSERT, submitted)
        with pytest.raises(psycopg.errors.CheckViolation):
            connection.execute("update step set named_person_id = null where sign_off_id = %(sign_off)s and number = 1", submitted)
