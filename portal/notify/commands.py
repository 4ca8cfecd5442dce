"""`flask deliveries …`: what waits for a channel, what was handed to one and never confirmed, what one refused for good; and
to have the refused sent again."""

from __future__ import annotations

from typing import Literal

import click
from flask.cli import AppGroup
from sqlalchemy import select

from portal.access.actor import SYSTEM
from portal.audit import journal
from portal.kernel.city import City
from portal.kernel.db import db, enter
from portal.notify.delivery import listed, send_again

deliveries = AppGroup("deliveries", help="Messages on their way by e-mail and other channels.")


@deliveries.command("waiting")
def list_waiting() -> None:
    """List what waits, in every city: for its time, or for a channel that is closed or refuses for now."""
    _list("waiting")


@deliveries.command("doubtful")
def list_doubtful() -> None:
    """List the deliveries of every city of which nobody can say whether they arrived; they are never sent again."""
    _list("doubtful")


@deliveries.command("failed")
def list_failed() -> None:
    """List what a channel refused for good, in every city; `again` has it sent again."""
    _list("failed")


@deliveries.command("again")
@click.argument("delivery_ids", nargs=-1, type=int)
@click.option("--city", "slug", help="Of this city alone.")
def again(delivery_ids: tuple[int, ...], slug: str | None) -> None:
    """Have the failed deliveries sent again that are named by number; none named: all."""
    count = 0
    for city in db.session.scalars(select(City).order_by(City.slug)).all():
        if slug in (None, city.slug):
            enter(city.id)
            sent = send_again(delivery_ids or None)
            if sent:
                journal.record(SYSTEM, "send_again", "delivery", "failed", after={"count": sent})
            db.session.commit()
            count += sent
    click.echo(f"{count} wait again")


def _list(state: Literal["waiting", "doubtful", "failed"]) -> None:
    count = 0
    for city in db.session.scalars(select(City).order_by(City.slug)).all():
        enter(city.id)
        for one in listed(state):
            count += 1
            click.echo(f"{city.slug}  {one.delivery_id}  {one.channel}  {one.message_id or '-'}  "
                       f"{one.since.isoformat(timespec='seconds')}  {one.fault or '-'}")  # fmt: skip
    click.echo(f"{count} {state}")
