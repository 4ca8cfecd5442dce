"""A start, of whatever part and by whatever way, and every command is refused with another key than the database was written
with, or with none: in one sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from portal.app import check_ready, create_app
from portal.config import Settings
from portal.kernel.db import db
from portal.kernel.installation import installation
from portal.matters.service import attaching
from portal.vault import encryption
from portal.web.belongings import NotItsOwn
from tests.conftest import Database
from tests.starting import Start
from tests.world import make_world

# As the units start them.
STARTS = {
    "web": ("gunicorn", "-c", "python:portal.local.serving", "-b", "127.0.0.1:0", "wsgi:app"),
    "jobs": ("portal.jobs",),
    "worker": ("portal.jobs.worker",),
    "clock": ("portal.jobs.clock",),
    "command": ("flask", "--app", "wsgi", "city", "list"),
    "migrations": ("flask", "--app", "wsgi", "db", "upgrade"),
}


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """What a portal made here has set for the process is as it was afterwards."""
    ring, store = encryption._ring, attaching._store
    yield
    encryption._ring, attaching._store = ring, store


@pytest.fixture
def written(new_database: Callable[[str], Database], redis_url: str, keys: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """The environment of a portal that has served, and sealed, with the keys it names."""
    database = new_database("written")
    (tmp_path / "files").mkdir()
    told = keys | {"DATABASE_URL": database.app_url, "REDIS_URL": redis_url, "FILES_DIR": str(tmp_path / "files")}
    app = check_ready(create_app(Settings.from_environment(told), TESTING=True))
    make_world(app, "written").register(confidential=True)
    with app.app_context():
        db.engine.dispose()
    return told | {"DATABASE_OWNER_URL": database.owner_url}


def refusal(start: Start, told: dict[str, str], *words: str) -> str:
    done = start(told, *words)
    said = done.stderr + done.stdout
    assert done.returncode != 0 and "Traceback" not in said, said
    return said


def test_no_key_and_another_key_stop_every_start_and_every_command(start: Start, written: dict[str, str], tmp_path: Path) -> None:
    other, both = tmp_path / "vault.key", tmp_path / "both.key"
    for name, words in STARTS.items():
        assert f"the vault's key file {other} does not exist" in refusal(start, written | {"VAULT_KEY_FILE": str(other)}, *words), (
            name
        )
    encryption.create_key_file(other)
    for name, words in STARTS.items():
        said = refusal(start, written | {"VAULT_KEY_FILE": str(other)}, *words)
        assert f"{other} does not hold the key that this database's content was sealed with" in said, name
    both.write_text(other.read_text() + Path(written["VAULT_KEY_FILE"]).read_text())
    both.chmod(0o600)
    rotated = written | {"VAULT_KEY_FILE": str(both)}
    with check_ready(create_app(Settings.from_environment(rotated))).app_context():
        assert len(installation().vault_keys) == 2  # what is sealed from now on needs the new one too
        db.session.remove()
        db.engine.dispose()
    for key in (written["VAULT_KEY_FILE"], str(other)):
        with pytest.raises(NotItsOwn, match="does not hold the key"):
            check_ready(create_app(Settings.from_environment(written | {"VAULT_KEY_FILE": key})))


def test_another_secret_key_is_refused_until_it_is_said_to_be_meant(start: Start, written: dict[str, str], tmp_path: Path) -> None:
    other = tmp_path / "secret.key"
    other.write_text("f" * 64)
    told = written | {"SECRET_KEY_FILE": str(other)}
    for part in ("web", "worker", "clock"):
        assert f"{other} is not the key that this installation signs with" in refusal(start, told, *STARTS[part]), part
    assert start(told, "flask", "--app", "wsgi", "secret-key", "accept").returncode == 0
    check_ready(create_app(Settings.from_environment(told)))


def test_files_without_their_database_stop_a_start_in_production(
    new_database: Callable[[str], Database], written: dict[str, str]
) -> None:
    told = written | {"DATABASE_URL": new_database("empty").app_url, "DUBAN_PRODUCTION": "1"}
    check_ready(create_app(Settings.from_environment(told)))
    (Path(told["FILES_DIR"]) / ("0" * 32)).touch()
    with pytest.raises(NotItsOwn, match=r"There are uploaded files in .*, but no city in the database"):
        check_ready(create_app(Settings.from_environment(told)))
