"""`flask restored`: what waits in a database that was restored from a copy, and letting go."""

from __future__ import annotations

from datetime import datetime

import click
from flask import current_app
from flask.cli import with_appcontext

from portal.kernel import clock
from portal.kernel.db import db
from portal.kernel.installation import installation
from portal.officers import restoring

NOT_HELD = (
    "Nothing is held: this database is not known as restored. Where it is one all the same, `flask restored` alone holds what it "
    "would send, and signs everybody out."
)


@click.command("restored")
@click.option("--look", is_flag=True, help="Only look: hold nothing that is not held already.")
@click.option("--release", is_flag=True, help="Let go: what is due after the moment is told, what was due before counts as told.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S"]), metavar="'YYYY-MM-DD HH:MM'",
              help="Until when the portal ran that the copy was taken of; not said: until the copy.")  # fmt: skip
@click.option("--all", "everything", is_flag=True, help="It has not run since the copy: nothing counts as told.")
@with_appcontext
def restored(look: bool, release: bool, until: datetime | None, everything: bool) -> None:
    """Hold a database that was restored from a copy, list what waits in it, and let go.

    A start sees most restorations by itself. Where it cannot (a snapshot of the whole disk, a dump of a version before
    0018), this command says so: nothing is sent from then on, and everybody is signed out. `--look` only looks.
    """
    if until and everything:
        raise click.UsageError("--until and --all contradict each other.")
    if look and release:
        raise click.UsageError("--look and --release contradict each other.")
    held = restoring.look(current_app.extensions["settings"].cluster)
    if not held and (release or until or everything):
        raise click.ClickException(NOT_HELD)
    if not held and look:
        click.echo(NOT_HELD)
        return
    moment = until.replace(tzinfo=clock.OFFICE_ZONE) if until else None
    if not held:
        restoring.hold()
        db.session.commit()
    if release:
        restoring.release(moment, everything=everything)
        click.echo("Released: what is due is sent with the next sweep.")
        return
    row = installation()
    line = moment or row.copied_at
    click.echo(f"Held since {_said(row.restored_at)}. The copy is of {_said(row.copied_at)}.")
    lines = restoring.waiting(moment)
    for one in lines:
        word = "counts as told" if one.told and not everything else "will be sent"
        click.echo(f"{one.city}  {one.what}  {one.name}  due {_said(one.due_at)}  {word}")
    told = 0 if everything else sum(one.told for one in lines)
    click.echo(
        f"{len(lines)} waiting: {told} due up to {_said(line)} count as told, {len(lines) - told} will be sent. "
        "--until says that the portal ran on after the copy, --all that it has not run since; --release lets go."
    )


def _said(moment: datetime | None) -> str:
    return f"{clock.local(moment):%Y-%m-%d %H:%M:%S}" if moment else "-"
