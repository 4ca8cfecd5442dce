"""The command line: `flask --app wsgi …`. Each module of commands is named here once."""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """Add the portal's commands to the app."""
