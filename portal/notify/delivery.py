"""Deliveries by other channels: never twice. Claimed with a lease and a fencing token, checked again just before
sending, marked afterwards. What was claimed and never marked is doubtful: shown to the operator, never sent again.

Each function is a part of a short transaction that `notify.jobs` commits; nothing is held while a channel sends.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult, select, update

from portal.identity.models import Person
from portal.kernel import clock
from portal.kernel.city import City
from portal.kernel.db import current_city, db
from portal.notify.channels import Outcome, Parcel
from portal.notify.models import Delivery, Message
from portal.notify.queries import unread_count

LEASE = timedelta(minutes=5)
ATTEMPTS = 8
FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to send one delivery, once."""

    delivery_id: int
    token: int


@dataclass(frozen=True, slots=True)
class Doubt:
    """A delivery of which nobody can say whether it arrived."""

    delivery_id: int
    message_id: UUID
    channel: str
    since: datetime | None
    fault: str | None


def give_up_expired() -> int:
    """Whatever was claimed and not marked within its lease is doubtful from now on; how many."""
    done = db.session.execute(
        update(Delivery)
        .where(Delivery.city_id == current_city(), Delivery.state == "claimed", Delivery.lease_until < clock.now())
        .values(state="doubtful")
        .execution_options(synchronize_session=False)
    )
    return cast("CursorResult[Any]", done).rowcount


def claim() -> Claim | None:
    """Claim the delivery that has waited longest; None when none is due."""
    found = db.session.scalars(
        select(Delivery)
        .where(
            Delivery.city_id == current_city(), Delivery.state == "waiting", Delivery.due_at <= clock.now()
        )
        .order_by(Delivery.due_at, Delivery.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).first()
    if found is None:
        return None
    found.state = "claimed"
    found.token += 1
    found.attempts += 1
    found.lease_until = clock.now() + LEASE
    return Claim(found.id, found.token)


def parcel(claimed: Claim) -> Parcel | None:
    """What to send, looked at just before: None where the claim is no longer ours or nobody needs it any more (the
    message was read meanwhile, the person left or has no address)."""
    row = db.session.execute(
        select(Delivery, Message, Person, City.slug)
        .join(Message, Message.id == Delivery.message_id)
        .join(Person, Person.id == Message.person_id)
        .join(City, City.id == Delivery.city_id)
        .where(
            Delivery.id == claimed.delivery_id,
            Delivery.city_id == current_city(),
            Delivery.token == claimed.token,
            Delivery.state == "claimed",
            Delivery.lease_until > clock.now(),
        )
        .with_for_update(of=Delivery)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        return None
    delivery, message, person, slug = row
    if message.read_at is not None or not person.active or not person.email:
        delivery.state = "dropped"
        return None
    return Parcel(
        delivery.id, message.id, delivery.channel, claimed.token, person.email, unread_count(person.id), slug
    )


def mark(claimed: Claim, outcome: Outcome) -> None:
    """Write down what became of it. Only the claimant's own token counts; a delivery that became doubtful while he was
    still sending is settled by his answer."""
    found = db.session.scalars(
        select(Delivery)
        .where(
            Delivery.id == claimed.delivery_id,
            Delivery.token == claimed.token,
            Delivery.state.in_(("claimed", "doubtful")),
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        return
    found.fault = outcome.fault
    match outcome.kind:
        case "sent":
            found.state, found.sent_at = "sent", clock.now()
        case "doubtful":
            found.state = "doubtful"
        case "refused":
            found.state = "failed"
        case "again" if found.attempts >= ATTEMPTS:
            found.state = "failed"
        case "again":
            found.state, found.lease_until = "waiting", None
            found.due_at = clock.now() + min(FIRST_PAUSE * 2 ** (found.attempts - 1), LONGEST_PAUSE)


def doubtful() -> list[Doubt]:
    """The city's doubtful deliveries, the oldest first."""
    found = db.session.scalars(
        select(Delivery)
        .where(Delivery.city_id == current_city(), Delivery.state == "doubtful")
        .order_by(Delivery.id)
    )
    return [Doubt(d.id, d.message_id, d.channel, d.lease_until and d.lease_until - LEASE, d.fault) for d in found]
