"""`flask viewers rebuild`: make the index of who sees what anew, from the rule."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from portal.kernel.city import all_cities
from portal.kernel.db import db, enter
from portal.matters.rebuild import rebuild_viewers

viewers = AppGroup("viewers", help="The index of who sees what.")


@viewers.command("rebuild")
def rebuild() -> None:
    """Every city, one transaction each."""
    for city in all_cities():
        enter(city.id)
        count = rebuild_viewers()
        db.session.commit()
        click.echo(f"{city.slug}: {count} viewer rows")
