"""`flask files check`: do records and disk agree; `flask files tidy`: remove the files that no record names; `flask viewers
rebuild`: make the index of who sees what anew, from the rule."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from portal.kernel.city import all_cities
from portal.kernel.db import db, enter
from portal.matters.rebuild import rebuild_viewers
from portal.matters.service import attaching
from portal.registry.commands import Command

files = AppGroup("files", help="Attachments on the disk.")
viewers = AppGroup("viewers", help="The index of who sees what.")


@files.command("check")
def check() -> None:
    """Compare every city's records with the disk, both ways; status 1 where a file is missing or damaged."""
    every: dict[str, int] = {}
    wrong = 0
    for slug, stored in _stored():
        every |= stored
        found = attaching.compare(stored, closely=True)
        for word, names in (("missing", found.missing), ("damaged", found.damaged)):
            wrong += len(names)
            for name in names:
                click.echo(f"{slug}  {word}  {name}")
    found = attaching.compare(every)
    for name in found.strangers:
        click.echo(f"-  no record  {name}")
    if not found.writable:
        click.echo("The directory cannot be written.")
    click.echo(f"{len(every)} records: {wrong} files missing or damaged; {len(found.strangers)} files without a record")
    if wrong or not found.writable:
        raise SystemExit(1)


@files.command("tidy")
def tidy() -> None:
    """Remove files of a day and more that no city's records name: of forms that were refused, of a killed process."""
    every = {name for _slug, stored in _stored() for name in stored}
    try:
        removed = attaching.remove_orphans(every)
    except OSError as fault:
        raise click.ClickException(f"The directory of files cannot be written: {fault.strerror}.") from None
    click.echo(f"{removed} removed, {len(every)} kept")


def _stored() -> list[tuple[str, dict[str, int]]]:
    found = []
    for city in all_cities():
        enter(city.id)
        found.append((city.slug, attaching.stored()))
        db.session.rollback()
    return found


@viewers.command("rebuild")
def rebuild() -> None:
    """Every city, one transaction each."""
    for city in all_cities():
        enter(city.id)
        count = rebuild_viewers()
        db.session.commit()
        click.echo(f"{city.slug}: {count} viewer rows")


COMMANDS = (Command(files), Command(viewers))
