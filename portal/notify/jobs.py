"""One sweep of one city, in short transactions of its own; and its parts that tell and send: lock-outs, rungs that are due,
deliveries that wait, the calendar.

May run any number of times at once and be killed at any instant. What fails for one clock or delivery is logged and
left for the next sweep; the others go on.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import nullcontext
from datetime import datetime
from time import monotonic

from sqlalchemy import select

from portal.access.roles import Role
from portal.deadlines.queries import calendar_of
from portal.identity.lockout import CODES, LOCKED_FOR, MOST
from portal.identity.queries import locked_out
from portal.kernel import clock
from portal.kernel.connections import alone
from portal.kernel.db import current_city, db
from portal.network.models import Post
from portal.network.queries import in_force
from portal.notify import channels, delivery, ladder
from portal.notify.models import Message
from portal.notify.service import tell
from portal.registry.sweeps import SWEEPS

log = logging.getLogger(__name__)

SENDING = 60.0  # seconds in which a sweep takes up letters; with the last of them it stays below `bell.LIMIT`
_SENDER = 0x5E17D  # the advisory lock of whoever sends


def sweep_city(*, held: bool = False, may_go_on: Callable[[], bool] = lambda: True) -> None:
    """Do everything that is due in the session's city, each part committed here. While a restored database is held, nothing
    is sent, and what a day brings is told in the portal alone: the old one may have written of it. Before each part `may_go_on`
    says whether the clock can be believed; from where it cannot, nothing more is done."""
    for sweep in SWEEPS:
        if held and sweep.sends:
            continue
        try:
            if not may_go_on():
                db.session.commit()
                log.warning("sweep: the clock is hours off the last sweep; nothing is done until it is right or confirmed")
                return
            with channels.closed() if held else nullcontext():
                sweep.part()
            db.session.commit()
        except Exception:
            db.session.rollback()
            log.exception("sweep: %s failed; the next sweep tries again", sweep)


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
    """Send the deliveries of the session's city that wait, for as long as a sweep may; how many were taken. One sweeper at
    a time in the whole installation: while he waits for a slow channel, the others go on with what is due."""
    delivery.give_up_expired()
    db.session.commit()
    with alone(_SENDER) as mine:
        return _send_for(SENDING) if mine else 0


def _send_for(seconds: float) -> int:
    sent, away, until = 0, set[str](), monotonic() + seconds
    while monotonic() < until and (claimed := delivery.claim(away)):
        db.session.commit()
        parcel = delivery.parcel(claimed)
        db.session.commit()
        if parcel is None:
            continue
        outcome = _hand_over(claimed, parcel)
        if outcome.kind == "away":
            away.add(parcel.channel)
        sent += outcome.kind == "sent"
    db.session.rollback()
    return sent


def _hand_over(claimed: delivery.Claim, parcel: channels.Parcel) -> channels.Outcome:
    """By its channel, and marked; what cuts us off, our own time limit too, leaves no claim behind that was not begun."""
    begun = False

    def begin() -> bool:
        nonlocal begun
        begun = delivery.begin(claimed)
        db.session.commit()
        return begun

    try:
        outcome = channels.enabled()[parcel.channel].send(parcel, begin)
    except BaseException as cut:
        db.session.rollback()
        delivery.mark(claimed, channels.Outcome("doubtful" if begun else "again", type(cut).__name__))
        db.session.commit()
        raise
    delivery.mark(claimed, outcome)
    db.session.commit()
    return outcome


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
