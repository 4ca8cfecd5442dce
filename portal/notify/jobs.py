"""One sweep of one city, in short transactions of its own: lock-outs, rungs that are due, digests, deliveries that wait,
the calendar.

May run any number of times at once and be killed at any instant. What fails for one clock or delivery is logged and
left for the next sweep; the others go on.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import nullcontext
from datetime import datetime

from sqlalchemy import select

from portal.access.roles import Role
from portal.deadlines.queries import calendar_of
from portal.identity.lockout import CODES, LOCKED_FOR, MOST
from portal.identity.queries import locked_out
from portal.kernel import clock
from portal.kernel.db import current_city, db
from portal.network.models import Post
from portal.network.queries import in_force
from portal.notify import channels, delivery, digests, ladder
from portal.notify.models import Message
from portal.notify.service import tell

log = logging.getLogger(__name__)


def sweep_city(*first: Callable[[], object], held: bool = False) -> None:
    """Do everything that is due in the session's city; `first` are parts of other features, each committed here. While a
    restored database is held, nothing is sent, and what a day brings is told in the portal alone: the old one may have
    written of it."""
    sending: tuple[Callable[[], object], ...] = () if held else (fire_due, digests.gather, send_waiting)
    for part in (tell_of_lock_outs, *first, *sending, tell_of_missing_calendar):
        try:
            with channels.closed() if held else nullcontext():
                part()
            db.session.commit()
        except Exception:
            db.session.rollback()
            log.exception("sweep: %s failed; the next sweep tries again", getattr(part, "__name__", part))


def tell_of_lock_outs() -> None:
    """Whose name was locked is told so, once for each lock-out. Told here and not at the door: its answer takes as long
    for a name that nobody bears."""
    for person_id, source, until in locked_out():
        key = f"locked_out:{source}:{until.timestamp():.0f}"
        kind = "codes_guessed" if source == CODES else "locked_out"
        tell(kind, [person_id], key=key, facts={"count": MOST}, at=until - LOCKED_FOR)
    db.session.commit()


def fire_due(now: datetime | None = None) -> int:
    """Send the session's city's reminders that are due; how many messages are new. A transaction for each clock."""
    clocks = ladder.due_clocks(now or clock.now())
    db.session.rollback()
    sent = 0
    for clock_id in clocks:
        try:
            sent += ladder.fire(clock_id, now or clock.now())
            db.session.commit()
        except Exception:
            db.session.rollback()
            log.exception("the rungs of clock %s could not be sent; the next sweep tries again", clock_id)
    return sent


def send_waiting() -> int:
    """Send the deliveries of the session's city that wait; how many were taken."""
    delivery.give_up_expired()
    db.session.commit()
    sent = 0
    while claimed := delivery.claim():
        db.session.commit()
        parcel = delivery.parcel(claimed)
        db.session.commit()
        if parcel is None:
            continue
        channel = channels.enabled().get(parcel.channel)
        outcome = channel.send(parcel) if channel else channels.Outcome("again", "channel closed")
        delivery.mark(claimed, outcome)
        db.session.commit()
        sent += outcome.kind == "sent"
    db.session.rollback()
    return sent


def tell_of_missing_calendar() -> None:
    """From October on the secretariat is told, once, that the next year's calendar is not imported."""
    year = calendar_of(db.session()).year_to_import(clock.today())
    key = f"calendar_missing:{year}"
    if year is not None and not db.session.scalar(
        select(Message.id).where(Message.city_id == current_city(), Message.key.startswith(f"{key}:")).limit(1)
    ):
        secretariat = select(Post.person_id).where(
            Post.city_id == current_city(), Post.role == Role.SECRETARIAT, in_force(clock.today())
        )
        tell("calendar_missing", db.session.scalars(secretariat), key=key, facts={"year": year})
    db.session.commit()
