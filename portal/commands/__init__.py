"""The command line: `flask --app wsgi …`. Each module of commands is named here once."""

from __future__ import annotations

from flask import Flask

from portal.commands.city import city
from portal.commands.deliveries import deliveries
from portal.commands.demo import demo, show_names
from portal.commands.files import files
from portal.commands.network import network
from portal.commands.permissions import permissions
from portal.commands.restored import restored, secret_key
from portal.commands.viewers import viewers


def register(app: Flask) -> None:
    """Add the portal's commands to the app, and the demonstration's names to its sign-in page."""
    for command in (city, demo, deliveries, files, network, permissions, restored, secret_key, viewers):
        app.cli.add_command(command)
    show_names(app)
