"""`flask files tidy`: remove the files that no record names."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from portal.kernel.city import all_cities
from portal.kernel.db import db, enter
from portal.matters.service.attaching import remove_orphans, stored_names

files = AppGroup("files", help="Attachments on the disk.")


@files.command("tidy")
def tidy() -> None:
    """Remove files of a day and more that no city's records name: of forms that were refused, of a killed process."""
    stored: set[str] = set()
    for city in all_cities():
        enter(city.id)
        stored |= stored_names()
        db.session.rollback()
    click.echo(f"{remove_orphans(stored)} removed, {len(stored)} kept")
