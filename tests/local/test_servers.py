"""The embedded servers: private, behind passwords, and with two roles of which one may nothing."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from redis import Redis
from sqlalchemy.engine import URL

from portal.local import provision
from portal.local.places import AlreadyHeld, Place
from portal.local.ports import free_port
from portal.local.postgres import Postgres, conninfo, home_for, reaches
from portal.local.processes import NotStarted
from portal.local.redis import RedisServer
from portal.local.servers import Servers


@pytest.fixture
def place(open_directory: Path) -> Place:
    """A data directory of its own."""
    return Place(open_directory / "var")


@pytest.fixture
def own_postgres(place: Place) -> Iterator[Postgres]:
    """A server of its own."""
    place.prepare()
    server = Postgres(home_for(place.data), fsync=False)
    server.start()
    yield server
    server.stop()


def test_the_database_lives_in_a_private_directory_of_its_user(own_postgres: Postgres) -> None:
    for directory in (own_postgres.home, own_postgres.data):
        found = directory.stat()
        assert stat.S_IMODE(found.st_mode) == 0o700
        assert found.st_uid == (own_postgres.user.pw_uid if own_postgres.user else os.geteuid())
    assert stat.S_IMODE((own_postgres.home / "passwords.json").stat().st_mode) == 0o600


def test_nobody_enters_the_database_without_the_password(own_postgres: Postgres) -> None:
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(conninfo(own_postgres.url().set(password="guessed")))
    settings = ("select string_agg(distinct auth_method, ',') from pg_hba_file_rules", "show listen_addresses")
    with psycopg.connect(conninfo(own_postgres.url())) as connection:
        assert [connection.execute(query).fetchone() for query in settings] == [("scram-sha-256",), ("",)]


def test_the_database_sorts_and_folds_the_same_everywhere(own_postgres: Postgres) -> None:
    access = provision.provision(own_postgres.url(), own_postgres.passwords())
    with psycopg.connect(conninfo(access.app)) as connection:
        row = connection.execute(
            "select upper('ä'), '中' < '国', current_setting('timezone'), datcollate "
            "from pg_database where datname = current_database()"
        ).fetchone()
    assert row == ("Ä", True, "UTC", "C.UTF-8")


def test_the_portals_role_may_neither_create_nor_own_nor_pass_row_security(postgres: URL, template: str) -> None:
    with provision.administer(postgres) as connection:
        row = connection.execute(
            "select rolsuper, rolcreaterole, rolcreatedb, rolbypassrls, rolcanlogin from pg_roles where rolname = 'app'"
        ).fetchone()
        owned = connection.execute("select count(*) from pg_database where pg_get_userbyid(datdba) = 'app'").fetchone()
    assert row == (False, False, False, False, True)
    assert owned == (0,)


def test_the_portals_role_makes_no_table_and_opens_no_other_database(postgres: URL, database) -> None:
    with psycopg.connect(conninfo(database.access.app)) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("create table public.smuggled (id int)")
    provision.create_database(postgres, "not_the_portals")
    with provision.administer(postgres) as connection:
        connection.execute("revoke connect on database not_the_portals from app")
    with pytest.raises(psycopg.OperationalError, match="permission denied"):
        psycopg.connect(conninfo(database.access.app.set(database="not_the_portals")))


def test_provisioning_twice_changes_nothing(own_postgres: Postgres) -> None:
    first = provision.provision(own_postgres.url(), own_postgres.passwords())
    with psycopg.connect(conninfo(first.owner)) as connection:
        connection.execute("create table kept (id int)")
    again = provision.provision(own_postgres.url(), own_postgres.passwords())
    assert again == first
    with psycopg.connect(conninfo(again.owner)) as connection:
        assert connection.execute("select count(*) from kept").fetchone() == (0,)


def test_a_long_path_gets_its_sockets_elsewhere(tmp_path: Path) -> None:
    home = tmp_path / ("long" * 30) / "redis"
    server = RedisServer(home, persistent=False)
    server.start()
    try:
        assert len(os.fsencode(server.socket)) <= 100
        assert stat.S_IMODE(server.socket.parent.stat().st_mode) == 0o700
        assert Redis.from_url(server.url).ping()
    finally:
        server.stop()
        server.socket.parent.rmdir()


def test_redis_keeps_what_it_was_told_and_evicts_nothing(tmp_path: Path) -> None:
    server = RedisServer(tmp_path / "redis")
    for told in (None, b"five"):
        server.start()
        with Redis.from_url(server.url) as client:
            assert client.get("told") == told
            client.set("told", "five")
            assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        server.stop()


def test_a_directory_no_stranger_passes_is_no_home_for_the_database(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    server = Postgres(tmp_path / "unused")
    assert reaches(server.user, closed / "postgres") is (server.user is None)


def test_keys_are_made_once_and_private(place: Place) -> None:
    place.prepare()
    place.make_keys()
    before = [path.read_bytes() for path in (place.secret_key, place.vault_key)]
    place.make_keys()
    assert [path.read_bytes() for path in (place.secret_key, place.vault_key)] == before
    assert [stat.S_IMODE(path.stat().st_mode) for path in (place.secret_key, place.vault_key)] == [0o600, 0o600]


def test_no_copy_of_the_data_directory_holds_the_vaults_key(place: Place) -> None:
    place.prepare()
    place.make_keys()
    assert place.vault_key.is_file()
    assert place.data not in place.vault_key.resolve().parents
    assert [path.name for path in place.data.rglob("*.key")] == ["secret.key"]


def test_two_starts_on_one_directory_are_refused_with_a_sentence(place: Place) -> None:
    hold = place.hold()
    with pytest.raises(AlreadyHeld, match="Another start of the portal already looks after"):
        place.hold()
    hold.release()
    place.hold().release()


def test_the_port_of_a_running_portal_counts_as_taken() -> None:
    with free_port(18000) as first, free_port(18000) as second:
        assert first.getsockname()[1] < second.getsockname()[1]


# ------------------------------------------------------------------------------------------------- servers of one's own


def named(url: URL, **more: str) -> dict[str, str]:
    """An environment that names this database."""
    return {"DATABASE_URL": url.render_as_string(hide_password=False), **more}


def started(place: Place, environment: dict[str, str]) -> Servers:
    """Servers as an installation with this environment has them."""
    place.prepare()
    servers = Servers(place, environment)
    hold = place.hold()
    try:
        servers.start(hold)
        return servers
    finally:
        servers.stop()
        hold.release()


def test_an_administrators_address_gets_its_roles_and_keeps_them(place: Place, own_postgres: Postgres, redis_url: str) -> None:
    environment = named(own_postgres.url(), REDIS_URL=redis_url)
    first, second = started(place, environment), started(place, environment)
    assert first.access == second.access
    told = first.environment()
    assert told["DATABASE_URL"].startswith("postgresql+psycopg://app:")
    assert told["REDIS_URL"] == redis_url
    assert "DATABASE_OWNER_URL" not in told
    assert "owner" in first.environment(as_owner=True)["DATABASE_OWNER_URL"]
    assert stat.S_IMODE((place.data / "database-passwords.json").stat().st_mode) == 0o600


def test_an_administrator_without_superuser_rights_is_enough(place: Place, own_postgres: Postgres, redis_url: str) -> None:
    with provision.administer(own_postgres.url()) as connection:
        connection.execute("create role chief login createrole createdb password 'chief'")
    chief = own_postgres.url().set(username="chief", password="chief")
    found = started(place, named(chief, REDIS_URL=redis_url))
    with psycopg.connect(conninfo(found.access.owner)) as connection:
        connection.execute("create table mine (id int)")


def test_a_role_that_may_not_create_roles_is_told_what_is_missing(place: Place, database, redis_url: str) -> None:
    with pytest.raises(NotStarted, match="Set DATABASE_OWNER_URL too"):
        started(place, named(database.access.app, REDIS_URL=redis_url))


def test_the_portal_refuses_to_run_as_one_who_passes_row_security(place: Place, postgres: URL, database, redis_url: str) -> None:
    with pytest.raises(NotStarted, match="passes row-level security"):
        started(place, named(postgres, DATABASE_OWNER_URL=database.owner_url, REDIS_URL=redis_url))


def test_the_portal_refuses_to_run_as_the_tables_owner(place: Place, database, redis_url: str) -> None:
    with pytest.raises(NotStarted, match="same role"):
        started(place, named(database.access.owner, DATABASE_OWNER_URL=database.owner_url, REDIS_URL=redis_url))


def test_two_given_roles_are_used_as_they_are(place: Place, new_database, redis_url: str) -> None:
    database = new_database("given")
    found = started(place, named(database.access.app, DATABASE_OWNER_URL=database.owner_url, REDIS_URL=redis_url))
    assert found.environment()["DATABASE_URL"] == database.app_url
    assert not (place.data / "postgres").exists()


def test_a_server_that_does_not_answer_is_named(place: Place, database) -> None:
    with pytest.raises(NotStarted, match="REDIS_URL names does not answer"):
        started(place, named(database.access.app, DATABASE_OWNER_URL=database.owner_url, REDIS_URL="redis://127.0.0.1:1/0"))
    with pytest.raises(NotStarted, match="begins with postgresql://"):
        started(place, {"DATABASE_URL": "sqlite:///portal.db", "REDIS_URL": "redis://127.0.0.1:1/0"})
