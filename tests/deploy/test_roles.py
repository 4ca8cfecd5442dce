"""`deploy/roles.sql` leaves a server as `make run` leaves one that it was given as administrator."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy.engine import URL

from portal.local import provision
from portal.local.postgres import Postgres, conninfo
from tests.conftest import CLONE

STATE = {
    "roles": "select rolname, rolsuper, rolcreatedb, rolcreaterole, rolbypassrls, rolreplication, rolcanlogin, rolinherit"
    " from pg_roles where rolname in ('owner', 'app') order by 1",
    "database": "select pg_get_userbyid(datdba), encoding, datlocprovider, datcollate, datctype, {locale}, datacl::text"
    " from pg_database where datname = 'duban'",
    "settings": "select setconfig from pg_db_role_setting s join pg_database d on d.oid = s.setdatabase where datname = 'duban'",
    "schema": "select nspacl::text from pg_namespace where nspname = 'public'",
}


def state(admin: URL) -> dict[str, Any]:
    with psycopg.connect(conninfo(admin.set(database="duban"))) as connection:
        locale = "datlocale" if connection.info.server_version >= 170000 else "daticulocale"
        return {name: connection.execute(words.format(locale=locale)).fetchall() for name, words in STATE.items()}  # type: ignore[arg-type]


def test_by_hand_or_by_itself_roles_and_database_are_the_same(tmp_path_factory: Any) -> None:
    home = Path("/tmp") / f"duban-roles-{os.getpid()}-{os.urandom(4).hex()}"
    server = Postgres(home, fsync=False)
    server.start()
    try:
        provision.provision(server.url(), {"owner": "by-itself", "app": "by-itself"})
        by_itself = state(server.url())
        provision.drop_database(server.url(), "duban")
        with provision.administer(server.url()) as connection:
            connection.execute("drop role owner, app")
        psql = server.binaries().bin / "psql"
        said = subprocess.run(
            [psql, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", conninfo(server.url()), "-f", CLONE / "deploy" / "roles.sql"],
            env={"PATH": "/usr/bin:/bin", "OWNER_PASSWORD": "by-hand-1", "APP_PASSWORD": "by-'hand-2"},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert (said.returncode, said.stderr) == (0, "")
        assert state(server.url()) == by_itself
        for role, password in (("owner", "by-hand-1"), ("app", "by-'hand-2")):
            psycopg.connect(
                conninfo(provision.access(server.url(), {"owner": password, "app": password}).app.set(username=role))
            ).close()
        assert "by-hand" not in server.log.read_text()
    finally:
        server.stop()
        subprocess.run(["rm", "-rf", home], check=True)
