"""Which database and Redis an installation uses: those its environment names, or the embedded ones, each by itself.

DATABASE_URL with DATABASE_OWNER_URL: these two roles. DATABASE_URL alone: an administrator's, who makes the roles.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import psycopg
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from portal.config import Misconfigured, sqlalchemy_url
from portal.local import contents, processes, provision
from portal.local.places import Hold, Place, write_private
from portal.local.postgres import Postgres, conninfo, home_for, other_homes
from portal.local.processes import NotStarted
from portal.local.redis import RedisServer

MAINTENANCE = (None, "", "postgres", "template1")  # databases an administrator connects to, not the portal's


@dataclass(frozen=True)
class Started:
    """One embedded server that runs, and how to run it again."""

    name: str
    process: subprocess.Popen[bytes]
    again: Callable[[], subprocess.Popen[bytes]]
    stop: Callable[[], None]


class Servers:
    """The database and Redis of one installation, from start to stop."""

    def __init__(self, place: Place, environment: Mapping[str, str] | None = None) -> None:
        self.place = place
        self._env = dict(os.environ if environment is None else environment)
        self.started: list[Started] = []
        self._access: provision.Access | None = None
        self._redis_url = self._env.get("REDIS_URL")
        self._postgres = None if self._env.get("DATABASE_URL") else Postgres(home_for(place.data))
        self._redis = None if self._redis_url else RedisServer(place.data / "redis")

    def start(self, hold: Hold, *, new_database: bool = False) -> None:
        """Starts what is embedded, looks whether the rest answers, and makes roles, database and keys where it must. Where an
        installation has left traces, but not its database, an empty one is made only if `new_database` says so."""
        keep = (hold.inherited,)
        try:
            if self._postgres:
                postgres = self._postgres
                if not postgres.exists and not new_database:
                    self._refuse_where_one_was(postgres)
                process = postgres.start(keep)
                self.started.append(Started("database", process, lambda: postgres.launch(keep), postgres.stop))
                self._access = provision.provision(postgres.url(), postgres.passwords())
            else:
                self._access = self._named_database()
                if not new_database and not contents.was_used(self.access.owner):
                    self._refuse_files_of_another()
            if self._redis:
                redis = self._redis
                process = redis.start(keep)
                self.started.append(Started("redis", process, lambda: redis.launch(keep), redis.stop))
            else:
                self._look_for_redis()
            self.place.make_keys(self._env, used=contents.was_used(self.access.owner))
        except BaseException as fault:
            self.stop()
            if self._postgres and isinstance(fault, psycopg.Error):
                raise NotStarted(processes.why(f"The database refused: {str(fault).strip()}.", self._postgres.log)) from None
            raise

    def attach(self) -> None:
        """Uses embedded servers that another process of this installation started."""
        if self._postgres:
            self._postgres.prepare()
            self._access = provision.access(self._postgres.url(), self._postgres.passwords())
        else:
            self._access = self._named_database()

    def stop(self) -> None:
        """Ends what was started here, the last first."""
        for server in reversed(self.started):
            server.stop()
        self.started.clear()

    @property
    def access(self) -> provision.Access:
        """The database's addresses."""
        assert self._access is not None, "start() or attach() comes first"
        return self._access

    def environment(self, as_owner: bool = False) -> dict[str, str]:
        """What the portal's processes are told; the owner's address only where `as_owner`, for migrations."""
        told = dict(self._env)
        told.pop("DATABASE_OWNER_URL", None)
        told["DATABASE_URL"] = self.access.app_url
        told["REDIS_URL"] = self._redis.url if self._redis else str(self._redis_url)
        told.setdefault("SECRET_KEY_FILE", str(self.place.secret_key))
        told.setdefault("VAULT_KEY_FILE", str(self.place.vault_key))
        told.setdefault("FILES_DIR", str(self.place.files))
        told.setdefault("DUBAN_PRODUCTION", "0")
        if self._postgres:
            told["DUBAN_CLUSTER"] = self._postgres.since
        if as_owner:
            told["DATABASE_OWNER_URL"] = self.access.owner_url
        return told

    def tools(self) -> dict[str, str]:
        """For programs of PostgreSQL: where those of the embedded server are, and its administrator as libpq is told of him.
        Empty for a server of one's own, whose administrator the portal is not told of."""
        if not self._postgres:
            return {}
        admin = self._postgres.url()
        return {
            "PATH": f"{self._postgres.binaries().bin}{os.pathsep}{self._env.get('PATH', os.defpath)}",
            "PGHOST": str(admin.query["host"]),
            "PGUSER": str(admin.username),
            "PGPASSWORD": str(admin.password),
            "PGDATABASE": provision.DATABASE,
        }

    def _refuse_files_of_another(self) -> None:
        traces = self.place.traces(self._env, keys=False)  # those are made beforehand, and copied to every node
        if traces:
            raise NotStarted(
                f"{self.place.data} was used before: {', '.join(map(str, traces))}. The database that DATABASE_URL names is empty "
                "and not the one they belong to. Name that one, or move them away. To restore a dump, fill it first: python -m "
                "portal.local with --new-database … Nothing was changed."
            )

    def _refuse_where_one_was(self, postgres: Postgres) -> None:
        traces = self.place.traces(self._env)
        if not traces:
            return
        others = other_homes(self.place.data)
        elsewhere = f" A database lies in {', '.join(map(str, others))}." if others else ""
        raise NotStarted(
            f"{self.place.data} was used before: {', '.join(map(str, traces))}. Its database is not there: looked for in "
            f"{postgres.data}.{elsewhere} Put it there, or name the directory it belongs to with DUBAN_DATA. To restore a dump, "
            "make an empty one: python -m portal.local with --new-database pg_restore … Nothing was changed."
        )

    def _named_database(self) -> provision.Access:
        named = _address(self._env["DATABASE_URL"], "DATABASE_URL")
        owner_address = self._env.get("DATABASE_OWNER_URL")
        role = _look(named, "DATABASE_URL")
        if owner_address:
            owner = _address(owner_address, "DATABASE_OWNER_URL")
            _look(owner, "DATABASE_OWNER_URL")
            if role.superuser or role.passes_row_security:
                raise NotStarted(
                    f"DATABASE_URL names the role {role.name}, which passes row-level security. The "
                    "portal runs only as a role that is no superuser and has no BYPASSRLS."
                )
            if (named.username, named.host) == (owner.username, owner.host):
                raise NotStarted(
                    "DATABASE_URL and DATABASE_OWNER_URL name the same role; the portal must not run as "
                    "the role that owns its tables."
                )
            return provision.Access(app=named, owner=owner)
        if not (role.superuser or (role.may_create_roles and role.may_create_databases)):
            raise NotStarted(
                f"DATABASE_URL names the role {role.name}, which may not create roles and databases. Set "
                "DATABASE_OWNER_URL too, the address of the role that owns the tables; or give DATABASE_URL an "
                "administrator's address once more, and the roles owner and app are made there."
            )
        return self._provision(named)

    def _provision(self, admin: URL) -> provision.Access:
        kept = self.place.data / "database-passwords.json"
        if not kept.exists():
            there = provision.existing_roles(admin)
            if there:
                raise NotStarted(
                    f"The server DATABASE_URL names has the role {' and '.join(sorted(there))} already, "
                    f"and {kept} with their passwords is not here. Set DATABASE_URL to the role app and "
                    "DATABASE_OWNER_URL to the role owner, or use another server."
                )
            made = {role: secrets.token_urlsafe(24) for role in (provision.OWNER, provision.APP)}
            write_private(kept, json.dumps(made))
        passwords: dict[str, str] = json.loads(kept.read_text(encoding="utf-8"))
        database = provision.DATABASE if admin.database in MAINTENANCE else str(admin.database)
        found = provision.provision(admin, passwords, database)
        provision.adopt_database(admin, database)
        _look(found.app, f"{kept} (role app)")
        return found

    def _look_for_redis(self) -> None:
        client = Redis.from_url(str(self._redis_url), socket_connect_timeout=5)
        try:
            client.ping()
        except (RedisError, ValueError) as refusal:
            raise NotStarted(f"The server REDIS_URL names does not answer: {refusal}") from None
        finally:
            client.close()


@dataclass(frozen=True)
class Role:
    """What a database role may do."""

    name: str
    superuser: bool
    may_create_roles: bool
    may_create_databases: bool
    passes_row_security: bool


def _address(text: str, variable: str) -> URL:
    try:
        return make_url(sqlalchemy_url(text))
    except (Misconfigured, ArgumentError, ValueError):
        raise NotStarted(f"{variable} is no address of a PostgreSQL database; it begins with postgresql://") from None


def _look(url: URL, variable: str) -> Role:
    try:
        with psycopg.connect(conninfo(url), connect_timeout=10) as connection:
            row = connection.execute(
                "select rolname, rolsuper, rolcreaterole, rolcreatedb, rolbypassrls from pg_roles where rolname = current_user"
            ).fetchone()
    except psycopg.OperationalError as refusal:
        raise NotStarted(f"The database {variable} names does not let us in: {str(refusal).strip()}") from None
    assert row is not None
    return Role(*row)
