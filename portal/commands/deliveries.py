"""`flask deliveries doubtful`: what was handed to a channel and never confirmed, for the operator to look into."""

from __future__ import annotations

import click
from flask.cli import AppGroup
from sqlalchemy import select

from portal.kernel.city import City
from portal.kernel.db import db, enter
from portal.notify.delivery import doubtful

deliveries = AppGroup("deliveries", help="Messages on their way by e-mail and other channels.")


@deliveries.command("doubtful")
def list_doubtful() -> None:
    """List the deliveries of every city of which nobody can say whether they arrived; they are never sent again."""
    count = 0
    for city in db.session.scalars(select(City).order_by(City.slug)).all():
        enter(city.id)
        for doubt in doubtful():
            count += 1
            since = doubt.since.isoformat(timespec="seconds") if doubt.since else "-"
            click.echo(f"{city.slug}  {doubt.delivery_id}  {doubt.channel}  {doubt.message_id or '-'}  {since}  "
                       f"{doubt.fault or 'not confirmed'}")  # fmt: skip
    click.echo(f"{count} doubtful")
