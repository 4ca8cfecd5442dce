"""A start that cannot be: one sentence for the person at the console, within seconds, status 1, and nothing harmed."""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from portal.local.places import Place
from portal.local.postgres import home_for
from portal.local.processes import refusal_of
from tests.local.conftest import PATIENCE, Trial
from tests.local.test_supervisor import cities

SECONDS = PATIENCE  # on a machine busy with other tests; alone it takes one or two
NOBODY = 65534


def refusal(trial: Trial, prepare: Callable[[], None] | None = None) -> str:
    """What a start that must not succeed says: one line, in time, without a traceback; nothing of it is left."""
    begun = time.monotonic()
    done = subprocess.run(
        trial.command("run"),
        cwd=trial.root,
        env=trial.environment,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=prepare,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert time.monotonic() - begun < SECONDS
    assert done.stderr.count("\n") == 1 and "Traceback" not in done.stdout + done.stderr, done.stderr
    assert trial.processes() == {}
    return done.stderr


@contextmanager
def disk(where: Path, megabytes: int, options: str = "rw") -> Iterator[None]:
    """A small disk of its own at this place, which only root may make."""
    where.mkdir(exist_ok=True)
    as_root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    options = f"size={megabytes}m,mode=755,uid={os.geteuid()},{options}"
    subprocess.run([*as_root, "mount", "-t", "tmpfs", "-o", options, "tmpfs", where], check=True)
    try:
        yield
    finally:
        subprocess.run([*as_root, "umount", where], check=True)


def as_owner(trial: Trial, statement: str) -> None:
    """Carries out one statement as the owner of the trial's tables."""
    script = (
        "import os, psycopg\n"
        "with psycopg.connect(os.environ['DATABASE_OWNER_URL'].replace('+psycopg', '')) as connection:\n"
        f"    connection.execute({statement!r})"
    )
    done = trial.call("with", "python", "-c", script)
    assert done.returncode == 0, done.stderr


def test_a_database_of_a_newer_version_is_left_alone(played: Trial) -> None:
    before = cities(played)
    as_owner(played, "update alembic_version set version_num = '0099'")
    said = refusal(played)
    assert "newer version of the portal" in said and "0099" in said and "0001" in said
    as_owner(played, "update alembic_version set version_num = '0001'")
    assert cities(played) == before
    played.start()


def test_a_database_of_a_newer_postgresql_is_left_alone(played: Trial) -> None:
    mark = home_for(played.data) / "data" / "PG_VERSION"
    version = mark.read_text()
    mark.write_text("99\n")
    assert re.search(r"was made by PostgreSQL 99; this start brings \d", refusal(played))
    mark.write_text(version)
    assert cities(played).startswith("(1,")


def test_a_named_port_that_is_taken_is_refused_before_anything_begins(trial: Trial) -> None:
    with socket.create_server(("127.0.0.1", int(trial.told["DUBAN_PORT"]))):
        said = refusal(trial)
    assert f"Port {trial.told['DUBAN_PORT']} of 127.0.0.1, which DUBAN_PORT names, is taken" in said
    assert not home_for(trial.data).exists()


@pytest.mark.parametrize("said", ["0", "65536", "eight", "-1", "８０００"])
def test_a_port_that_is_none_is_refused(trial: Trial, said: str) -> None:
    trial.told["DUBAN_PORT"] = said
    assert "DUBAN_PORT is the number of a port" in refusal(trial)


def test_without_a_named_port_the_next_free_one_is_taken(trial: Trial) -> None:
    del trial.told["DUBAN_PORT"]
    trial.start()
    assert re.search(r"http://127\.0\.0\.1:8\d\d\d/", trial.said())


def test_a_database_that_may_grow_no_further_is_said_to_have_no_room(trial: Trial) -> None:
    limit = 2 * 1024 * 1024
    said = refusal(trial, lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
    assert "is full. Make room on it and start again" in said
    trial.start()
    assert cities(trial).startswith("(1,")


def test_a_disk_too_small_for_a_new_database_is_named_and_left_as_it_was(trial: Trial) -> None:
    with _small_disk(trial, 64):
        said = refusal(trial)
        assert re.search(r"has \d+ MiB free; a new database needs \d+ MiB", said)
        assert not (home_for(trial.data) / "data").exists() and not (home_for(trial.data) / "data.new").exists()


def test_a_full_disk_is_named_and_once_there_is_room_all_is_there(trial: Trial) -> None:
    with _small_disk(trial, 400):
        trial.start()
        trial.end()
        before = cities(trial)
        filler = trial.data.parent / "filler"
        _fill(filler)
        assert "is full. Make room on it and start again: nothing is lost." in refusal(trial)
        filler.unlink()
        trial.start()
        assert cities(trial) == before
        trial.end()


def test_a_full_disk_at_the_very_first_step_is_named(trial: Trial) -> None:
    with _small_disk(trial, 1):
        _fill(trial.data.parent / "filler")
        assert "is full. Make room" in refusal(trial)


def test_a_read_only_file_system_is_named(trial: Trial) -> None:
    with _small_disk(trial, 1, "ro"):
        assert "cannot be written: it lies on a read-only file system" in refusal(trial)


@pytest.mark.parametrize("closed", ["supervisor.lock", "log", "."])
def test_a_directory_of_somebody_else_is_named(open_directory: Path, closed: str) -> None:
    place = Place(open_directory / "var")
    place.hold().release()
    place.prepare()
    if os.geteuid() == 0:
        (place.data / closed).chmod(0o755)
        place.data.chmod(0o755)
    else:
        (place.data / closed).chmod(0o500 if closed != "supervisor.lock" else 0o400)
    said = _as_a_stranger(lambda: _hold_and_write(place))
    assert "cannot be used by this user (" in said and str(place.data) in said
    (place.data / closed).chmod(0o700)


def _hold_and_write(place: Place) -> None:
    place.hold()
    place.prepare()
    (place.logs / "web.log").open("a").close()


def _as_a_stranger(act: Callable[[], None]) -> str:
    """What the refusal of this act says to a user whom permission bits bind, as they do not bind root."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            if os.geteuid() == 0:
                os.setgroups([])
                os.setgid(NOBODY)
                os.setuid(NOBODY)
            act()
            said = "nothing was refused"
        except OSError as fault:
            said = refusal_of(fault, Path("/data"))
        except BaseException as fault:
            said = repr(fault)
        os.write(write, json.dumps(said).encode())
        os._exit(0)
    os.close(write)
    os.waitpid(pid, 0)
    with os.fdopen(read) as answer:
        return str(json.load(answer))


@contextmanager
def _small_disk(trial: Trial, megabytes: int, options: str = "rw") -> Iterator[None]:
    where = trial.root.parent / "disk"
    with disk(where, megabytes, options):
        trial.data = where / "var"
        try:
            yield
        finally:
            trial.end()


def _fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file:
        size = 1024 * 1024
        while size >= 1:
            try:
                file.write(b"\0" * size)
            except OSError:
                size //= 16


def test_a_vault_key_that_is_gone_is_not_made_anew(played: Trial) -> None:
    for key in (Place(played.data).vault_key, played.data / "secret.key"):
        kept = key.read_text()
        key.unlink()
        assert f"{key} is missing" in refusal(played)
        assert not key.exists()
        key.write_text(kept)
        key.chmod(0o600)
    former = played.data / "vault.key"
    Place(played.data).vault_key.rename(former)  # where earlier versions made it
    played.start()
    assert f"lies in {former}, in every copy of the data" in played.said()


def test_passwords_that_are_gone_are_said_at_once(played: Trial) -> None:
    passwords = home_for(played.data) / "passwords.json"
    passwords.unlink()
    assert f"{passwords} is missing" in refusal(played)
    assert not passwords.exists()


def test_a_database_that_is_not_there_is_no_first_start(closed_trial: Trial) -> None:
    """A cold copy at another path, a home that was left behind: what was used before is not begun anew, and the start says
    where it looked. One that names an empty database on purpose gets it."""
    trial = closed_trial
    trial.start()
    trial.end()
    home = home_for(trial.data)
    there, away = home / "data", home.parent / "left-behind"
    away.mkdir()
    there.rename(away / "data")
    said = refusal(trial)
    assert f"{trial.data} was used before: {trial.data / 'secret.key'}" in said and f"looked for in {there}" in said
    assert os.geteuid() != 0 or str(away) in said
    assert not there.exists()
    assert "was used before" in trial.call("with", "true").stderr
    (away / "data").rename(there)
    away.rmdir()
    before = cities(trial)
    assert before.startswith("(1,")
    shutil.rmtree(there)
    done = trial.call(
        "with", "--new-database", "psql", "-Atc", "select current_user, count(*) from pg_tables where schemaname = 'public'"
    )
    assert done.stdout.strip() == "postgres|0", done.stderr
