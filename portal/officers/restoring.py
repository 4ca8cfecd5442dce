"""A restored database knows that it is one: it sends nothing until the operator lets go, and nobody is signed in any more.

What the portal sent after the copy was taken stands nowhere in it: a letter that waited then, a rung that was due, went out
in all likelihood. What was due up to a moment, that of the copy where the operator names no later one, counts as told
when he lets go, and nothing of it is sent again; what fell due after it is.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select

from portal.access.actor import SYSTEM
from portal.audit import journal
from portal.audit.models import JournalEntry
from portal.identity import sessions
from portal.identity.models import SignInSession
from portal.kernel import clock
from portal.kernel.city import City, all_cities
from portal.kernel.db import db, enter
from portal.kernel.installation import identity_now, installation
from portal.notify import delivery, ladder
from portal.notify.models import Delivery, Message, Reminder
from portal.officers.models import Sweep

log = logging.getLogger(__name__)

HELD = (
    "This database was restored from a copy: nothing is sent and everybody was signed out. `flask restored` lists what waits, "
    "`flask restored --release` lets go."
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something that the copy holds and that has not been sent, as far as the copy knows."""

    city: str
    what: str  # letter, digest or rung
    name: str  # the delivery's number and Message-ID, or the rung's
    due_at: datetime
    told: bool  # due before the moment up to which all counts as told


def look(cluster: str | None) -> bool:
    """Whether the database is held. One that is not the one that wrote its row is from now on; a transaction of its own."""
    row, identity = installation(), identity_now()
    if row.identity != identity or cluster not in (None, row.cluster):
        row = installation(lock=True)
        restored = row.identity not in (None, identity) or (cluster is not None and row.cluster not in (None, cluster))
        row.identity, row.cluster = identity, cluster or row.cluster
        if restored:
            hold()
            log.warning("this database is not the one that wrote it")
    held = row.restored_at is not None
    db.session.commit()
    return held


def hold() -> None:
    """Hold everything from now on: end all sessions, and note up to when the copy knows."""
    row = installation(lock=True)
    row.restored_at, row.copied_at = clock.now(), None
    newest = []
    for _city in _each_city():
        sessions.end_all_of_city()
        newest += [
            db.session.scalar(select(func.max(moment)))
            for moment in (JournalEntry.at, Message.at, Sweep.swept_at, SignInSession.seen_at)
        ]
        journal.record(SYSTEM, "restored", "installation", row.id)
    row.copied_at = max((moment for moment in newest if moment), default=row.restored_at)
    db.session.flush()


def waiting(until: datetime | None = None) -> list[Waiting]:
    """What waits in every city, the longest waiting first."""
    line = until or installation().copied_at or clock.now()
    found = []
    for city in _each_city():
        for one in db.session.scalars(_letters().order_by(Delivery.due_at, Delivery.id)):
            what = "digest" if one.digest_on or one.state == "for_digest" else "letter"
            told = one.state == "claimed" or one.due_at <= line
            found.append(Waiting(city.slug, what, f"{one.id} {one.channel} {one.message_id or '-'}", one.due_at, told))
        rungs = select(Reminder).where(Reminder.settled_at.is_(None), Reminder.send_at <= clock.now())
        for rung in db.session.scalars(rungs.order_by(Reminder.send_at, Reminder.id)):
            name = f"{rung.rung} of clock {rung.clock_id}"
            found.append(Waiting(city.slug, "rung", name, rung.send_at, rung.send_at <= line))
    return found


def release(until: datetime | None = None, *, everything: bool = False) -> None:
    """Let go. What was due up to `until`, by default the copy's moment, counts as told; with `everything` nothing does, because
    the portal that the copy was taken of has not run since. Cut off, it is simply done again."""
    line = until or installation().copied_at
    if line is not None and not everything:
        for _city in _each_city():
            for clock_id in ladder.due_clocks(line):
                ladder.fire(clock_id, line, told=True)
                db.session.commit()
            delivery.count_as_sent(line)
            db.session.commit()
    for _city in _each_city():
        journal.record(SYSTEM, "released", "installation", 1, after={"until": line.isoformat() if line else None})
    installation(lock=True).restored_at = None
    db.session.commit()


def _letters() -> Select[Any]:
    return select(Delivery).where(Delivery.state.in_(("waiting", "claimed", "for_digest")))


def _each_city() -> Iterator[City]:
    for city in all_cities():
        enter(city.id)
        yield city
    enter(None)
