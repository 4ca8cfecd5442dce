"""`flask secret-key accept`: the key that signs was replaced on purpose."""

from __future__ import annotations

import click
from flask import current_app
from flask.cli import AppGroup

from portal.web.belongings import accept_secret_key

secret_key = AppGroup("secret-key", help="The key that signs cookies and forms.")


@secret_key.command("accept")
def accept() -> None:
    """The secret key was replaced on purpose: sign with the one at hand from now on. Everybody signs in again."""
    accept_secret_key(current_app.extensions["settings"])
    click.echo("Accepted.")
