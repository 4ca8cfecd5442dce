"""The two database roles and what each may: `owner` makes and owns the tables, `app` is what the portal runs as.

`app` owns nothing, may create nothing and cannot pass row-level security; migrations grant it table by table.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import psycopg
from psycopg import sql
from sqlalchemy.engine import URL

from portal.local.postgres import conninfo
from portal.local.processes import NotStarted

OWNER = "owner"
APP = "app"
DATABASE = "duban"


@dataclass(frozen=True)
class Access:
    """The addresses of one database, for each of its two roles."""

    app: URL
    owner: URL

    @property
    def app_url(self) -> str:
        """The portal's address of the database, password included."""
        return self.app.render_as_string(hide_password=False)

    @property
    def owner_url(self) -> str:
        """The migrations' address of the database, password included."""
        return self.owner.render_as_string(hide_password=False)


def administer(admin: URL) -> psycopg.Connection:
    """A connection of the administrator, outside transactions."""
    return psycopg.connect(conninfo(admin), autocommit=True, connect_timeout=10)


def provision(admin: URL, passwords: Mapping[str, str], database: str = DATABASE) -> Access:
    """Makes the roles and the database that are missing; what is there already stays as it is."""
    with administer(admin) as connection:
        for role in (OWNER, APP):
            _create_role(connection, role, passwords[role])
    if not database_exists(admin, database):
        create_database(admin, database)
    return access(admin, passwords, database)


def access(admin: URL, passwords: Mapping[str, str], database: str = DATABASE) -> Access:
    """The addresses of a database on that server for the two roles."""
    return Access(
        app=admin.set(username=APP, password=passwords[APP], database=database),
        owner=admin.set(username=OWNER, password=passwords[OWNER], database=database),
    )


def existing_roles(admin: URL) -> set[str]:
    """Which of the two roles that server has already."""
    with administer(admin) as connection:
        rows = connection.execute("select rolname from pg_roles where rolname = any(%s)", [[OWNER, APP]]).fetchall()
    return {row[0] for row in rows}


def database_exists(admin: URL, name: str) -> bool:
    """Whether that server has a database of this name."""
    with administer(admin) as connection:
        return connection.execute("select 1 from pg_database where datname = %s", [name]).fetchone() is not None


def create_database(admin: URL, name: str, template: str | None = None) -> None:
    """Makes a database owned by `owner`; empty, or a copy of a template nobody is connected to."""
    database = sql.Identifier(name)
    with administer(admin) as connection:
        if template:
            connection.execute(
                sql.SQL("create database {} owner {} template {}").format(database, sql.Identifier(OWNER), sql.Identifier(template))
            )
        else:
            locale = (
                "locale_provider builtin builtin_locale 'C.UTF-8' locale 'C.UTF-8'"
                if connection.info.server_version >= 170000
                else "locale 'C.UTF-8'"
            )
            connection.execute(
                sql.SQL("create database {} owner {} template template0 encoding 'UTF8' {}").format(
                    database, sql.Identifier(OWNER), sql.SQL(locale)
                )
            )
        # Neither is copied with a template.
        connection.execute(sql.SQL("alter database {} set timezone to 'UTC'").format(database))
        connection.execute(sql.SQL("revoke all on database {} from public").format(database))
        connection.execute(sql.SQL("grant connect on database {} to {}").format(database, sql.Identifier(APP)))
    if not template:
        close_public_schema(admin.set(database=name))


def adopt_database(admin: URL, name: str) -> None:
    """Hands an empty database somebody else made to `owner`; refuses one with tables in it."""
    with administer(admin.set(database=name)) as connection:
        holder = connection.execute("select pg_get_userbyid(datdba) from pg_database where datname = %s", [name]).fetchone()
        if holder == (OWNER,):
            return
        if connection.execute("select 1 from pg_tables where schemaname = 'public' limit 1").fetchone():
            raise NotStarted(
                f"The database {name} has tables already and does not belong to the role {OWNER}. Set "
                "DATABASE_OWNER_URL and DATABASE_URL, or name another database."
            )
        database = sql.Identifier(name)
        connection.execute(sql.SQL("alter database {} owner to {}").format(database, sql.Identifier(OWNER)))
        connection.execute(sql.SQL("alter database {} set timezone to 'UTC'").format(database))
        connection.execute(sql.SQL("revoke all on database {} from public").format(database))
        connection.execute(sql.SQL("grant connect on database {} to {}").format(database, sql.Identifier(APP)))
    close_public_schema(admin.set(database=name))


def close_public_schema(admin: URL) -> None:
    """Leaves the schema `public` to its owner; `app` may look into it, and nobody else."""
    with administer(admin) as connection:
        connection.execute("revoke all on schema public from public")
        connection.execute(sql.SQL("grant usage on schema public to {}").format(sql.Identifier(APP)))


def drop_database(admin: URL, name: str) -> None:
    """Removes a database, cutting whoever is still connected to it."""
    with administer(admin) as connection:
        connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))


def database_name(text: str) -> str:
    """A database name made of any text."""
    return re.sub(r"[^a-z0-9_]", "_", text.lower())[:60]


def _create_role(connection: psycopg.Connection, role: str, password: str) -> None:
    if connection.execute("select 1 from pg_roles where rolname = %s", [role]).fetchone():
        return
    # Only the verifier travels: the password itself reaches neither the server nor its log.
    verifier = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
    connection.execute(
        sql.SQL("create role {} login nosuperuser nocreatedb nocreaterole nobypassrls noreplication password {}").format(
            sql.Identifier(role), sql.Literal(verifier)
        )
    )
    if role == OWNER and not _is_superuser(connection):
        # Whoever is no superuser must be a member to hand a database over.
        connection.execute(sql.SQL("grant {} to current_user").format(sql.Identifier(role)))


def _is_superuser(connection: psycopg.Connection) -> bool:
    row = connection.execute("select rolsuper from pg_roles where rolname = current_user").fetchone()
    return bool(row and row[0])
