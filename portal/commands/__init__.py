"""The command line: `flask --app wsgi …`. What is here speaks of several features; what is a feature's, it brings."""

from __future__ import annotations

import click
from flask import Flask
from sqlalchemy.exc import InterfaceError, OperationalError, ProgrammingError

from portal.commands.city import city
from portal.commands.demo import demo, show_names
from portal.commands.permissions import permissions
from portal.registry.commands import COMMANDS
from portal.registry.registered import Unregistrable

NO_TABLES = frozenset({"42P01", "42703"})  # PostgreSQL's words for a table and a column that are not there
NOT_THERE = (
    "The tables of this database are not there yet, or not those of this version: start the portal once, or say "
    "`flask db upgrade` as the owner. Nothing was changed."
)


def register(app: Flask) -> None:
    """Add the portal's commands to the app, and the demonstration's names to its sign-in page. Raises Unregistrable where one
    would take another's place."""
    for command in (city, demo, permissions, *(one.run for one in COMMANDS)):
        if command.name in app.cli.commands:
            raise Unregistrable(f"the command {command.name} is here already")
        app.cli.add_command(in_a_sentence(command))
    show_names(app)


def in_a_sentence(command: click.Command) -> click.Command:
    """The command, which says in one sentence what is wrong with the database as a whole, and does not trace it."""
    carry_out = command.invoke

    def invoke(context: click.Context) -> object:
        try:
            return carry_out(context)
        except ProgrammingError as fault:
            if getattr(fault.orig, "sqlstate", None) not in NO_TABLES:
                raise
            raise click.ClickException(NOT_THERE) from None
        except (OperationalError, InterfaceError) as fault:
            why = str(fault.orig).strip().splitlines()
            raise click.ClickException(f"The database does not answer, or not in time: {why[0] if why else '-'}") from None

    command.invoke = invoke  # type: ignore[method-assign, assignment]
    return command
