"""`flask network words`: make the words by which units are found anew, from the units."""

from __future__ import annotations

import click
from flask.cli import AppGroup
from sqlalchemy import select, update

from portal.kernel.city import all_cities
from portal.kernel.db import db, enter
from portal.network.importing import sound_of
from portal.network.models import Unit
from portal.network.search_index import rebuild_words

network = AppGroup("network", help="The network of units.")


@network.command("words")
def words() -> None:
    """Every city, one transaction each: the sound of every name, and all tails of all words."""
    for city in all_cities():
        enter(city.id)
        rows = db.session.execute(select(Unit.id, Unit.name, Unit.short_name).where(Unit.city_id == city.id)).all()
        sounds = [{"id": row.id, "pinyin": sound_of(row.short_name, row.name)} for row in rows]
        if sounds:
            db.session.execute(update(Unit), sounds)
        count = rebuild_words()
        db.session.commit()
        click.echo(f"{city.slug}: {count} words of {len(rows)} units")
