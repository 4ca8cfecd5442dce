"""What is wrong with the database as a whole is said by every command in one sentence."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest

from tests.conftest import Database
from tests.starting import Start

COMMANDS = ("city list", "restored", "viewers rebuild")  # of each kind one; each takes a process


@pytest.fixture
def told(new_database: Callable[[str], Database], redis_url: str, keys: dict[str, str]) -> dict[str, str]:
    """The environment of a portal whose tables nobody has made."""
    database = new_database("bare")
    with psycopg.connect(database.owner_url.replace("+psycopg", "")) as connection:
        connection.execute("drop schema public cascade")
    return keys | {"DATABASE_URL": database.app_url, "REDIS_URL": redis_url}


def said(start: Start, told: dict[str, str], command: str) -> str:
    done = start(told, "flask", "--app", "wsgi", *command.split())
    assert done.returncode == 1
    return done.stderr.strip()


def test_before_the_first_migration_every_command_says_what_to_do(start: Start, told: dict[str, str]) -> None:
    for command in COMMANDS:
        sentence = said(start, told, command)
        assert sentence.startswith("Error: The tables of this database are not there yet") and "\n" not in sentence, sentence


def test_a_database_that_is_away_is_no_traceback(start: Start, told: dict[str, str]) -> None:
    sentence = said(start, told | {"DATABASE_URL": "postgresql://app:secret@127.0.0.1:9/duban"}, "city list")
    assert sentence.startswith("Error: The database does not answer") and "\n" not in sentence and "secret" not in sentence
