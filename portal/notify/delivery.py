"""Deliveries by other channels: never twice, and none ends by itself that was not handed over.

Claimed with a lease and a fencing token, looked at again, begun just before the first octet of the letter's text leaves,
marked afterwards. A claim that was not begun is given back; what was begun and never marked is doubtful: shown to the
operator, never sent again by itself. What the channel refused for good has failed: a person may have it sent again.
Quiet hours are looked at when something is told and once more here, for what was late or is tried again.

Each function is a part of a short transaction that `notify.jobs` commits; nothing is held while a channel sends.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, cast
from uuid import UUID, uuid5

from sqlalchemy import ColumnElement, CursorResult, case, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from portal.deadlines.queries import calendar_of
from portal.kernel import clock
from portal.kernel.city import City
from portal.kernel.db import current_city, db
from portal.notify import channels
from portal.notify.channels import Outcome, Parcel
from portal.notify.codes import code_of
from portal.notify.models import AddressChange, ChannelPace, Delivery, Message
from portal.notify.queries import Reach, reach_of, unread_count
from portal.notify.rules import quiet_until
from portal.registry.messages import MESSAGES

LEASE = timedelta(minutes=5)  # until the letter's text begins
LEASE_OF_TEXT = timedelta(minutes=15)  # from then on until it is known what became of it
FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(minutes=30)  # between two tries of one letter; it is tried for as long as somebody needs it
CODES_LAST = timedelta(minutes=30)
_WITHOUT_MESSAGE = UUID("0d9f1c3e-6a0b-4c8a-9a64-0f7d5b1f2e60")  # what identities of digests and codes are made under


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to send one delivery, once."""

    delivery_id: int
    token: int


@dataclass(frozen=True, slots=True)
class Listed:
    """A delivery that did not arrive, or not for certain, as the operator sees it. `since`: when it was last tried, or
    is due; of a claim that was cut off, when it was due."""

    delivery_id: int
    message_id: UUID | None
    channel: str
    since: datetime
    fault: str | None


def give_up_expired() -> int:
    """Whatever was begun and not marked within its lease is doubtful from now on; how many. What was claimed and not
    begun waits again: not an octet of it went out."""
    _settle(Delivery.state == "claimed", Delivery.lease_until < clock.now(), state="waiting", lease_until=None)
    return _settle(Delivery.state == "sending", Delivery.lease_until < clock.now(), state="doubtful")


def claim(closed: Collection[str] = ()) -> Claim | None:
    """Claim the delivery that has waited longest, of those channels that are open and may take one more this minute;
    None when none is due. `closed`: channels that cannot be used at present, whatever waits for them."""
    usable = set(channels.enabled()).difference(closed)
    while usable:
        found = db.session.scalars(
            select(Delivery)
            .where(
                Delivery.city_id == current_city(),
                Delivery.state == "waiting",
                Delivery.due_at <= clock.now(),
                Delivery.channel.in_(usable),
            )
            .order_by(Delivery.due_at, Delivery.id)
            .limit(1)
            .with_for_update(skip_locked=True)
            .execution_options(populate_existing=True)
        ).first()
        if found is None:
            return None
        if _takes_one_more(found.channel):
            found.state = "claimed"
            found.token += 1
            found.lease_until = clock.now() + LEASE
            return Claim(found.id, found.token)
        usable.discard(found.channel)
    return None


def _takes_one_more(channel: str) -> bool:
    """Counts it, for all workers and cities together, where the channel takes only so much in a minute."""
    opened = channels.enabled().get(channel)
    if opened is None or opened.per_minute is None:
        return True
    minute = int(clock.now().timestamp()) // 60
    counted = insert(ChannelPace).values(channel=channel, minute=minute, taken=1)
    more = case((ChannelPace.minute == minute, ChannelPace.taken + 1), else_=1)
    taken = db.session.scalar(
        counted.on_conflict_do_update(index_elements=["channel"], set_={"minute": minute, "taken": more})
        .returning(ChannelPace.taken)
        .execution_options(populate_existing=True)
    )  # fmt: skip
    return (taken or 0) <= opened.per_minute


def parcel(claimed: Claim) -> Parcel | None:
    """What to send, looked at just before: None where the claim is no longer ours, nobody needs it any more (the message
    was read meanwhile, the person left or has no address), or he has his quiet hours now, when it waits for their end."""
    row = db.session.execute(
        select(Delivery, Message, AddressChange, City.slug)
        .outerjoin(Message, Message.id == Delivery.message_id)
        .outerjoin(AddressChange, AddressChange.id == Delivery.address_change_id)
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
    delivery, message, change, slug = row
    reach = reach_of([delivery.person_id]).get(delivery.person_id)
    unread = unread_count(delivery.person_id)
    address = _needed(delivery, message, change, reach, unread)
    if reach is None or address is None:
        delivery.state = "dropped"
        return None
    if change is not None:
        code = code_of(change.id, change.address)
        return Parcel(delivery.id, change.id, delivery.channel, claimed.token, address, unread, slug, "code", code)
    pressing = message is not None and reach.on_duty and MESSAGES[message.kind].group.words.presses
    until = None if pressing else quiet_until(clock.now(), reach.wishes.quiet, calendar_of(db.session()))
    if until is not None:
        delivery.state, delivery.due_at, delivery.lease_until = "waiting", until, None
        return None
    if message is not None:
        return Parcel(delivery.id, message.id, delivery.channel, claimed.token, address, unread, slug)
    identity = uuid5(_WITHOUT_MESSAGE, f"{delivery.city_id}:{delivery.id}")
    return Parcel(delivery.id, identity, delivery.channel, claimed.token, address, unread, slug, "digest")


def _needed(
    delivery: Delivery, message: Message | None, change: AddressChange | None, reach: Reach | None, unread: int
) -> str | None:
    """Where it is to go; None where nobody needs it any more."""
    if reach is None:
        return None
    if change is not None:
        over = change.confirmed_at or change.ended_at or change.asked_at <= clock.now() - CODES_LAST
        return None if over else change.address
    if unread == 0 or (message is not None and message.read_at is not None):
        return None
    return reach.addresses.get(delivery.channel)


def begin(claimed: Claim) -> bool:
    """The first octet of the text leaves now: whether the claim is still ours. From here on it may have arrived."""
    mine = (Delivery.id == claimed.delivery_id, Delivery.token == claimed.token, Delivery.state == "claimed")
    until = clock.now() + LEASE_OF_TEXT
    return _settle(*mine, Delivery.lease_until > clock.now(), state="sending", lease_until=until) == 1


def mark(claimed: Claim, outcome: Outcome) -> None:
    """Write down what became of it. Only the claimant's own token counts; a delivery that became doubtful while he was
    still sending is settled by his answer."""
    found = db.session.scalars(
        select(Delivery)
        .where(
            Delivery.id == claimed.delivery_id,
            Delivery.token == claimed.token,
            Delivery.state.in_(("claimed", "sending", "doubtful")),
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
            found.state, found.due_at = "doubtful", clock.now()
        case "refused":
            found.state, found.due_at = "failed", clock.now()
        case "away":
            found.state, found.lease_until = "waiting", None
        case "again":
            found.state, found.lease_until = "waiting", None
            found.due_at = clock.now() + min(FIRST_PAUSE * 2 ** min(found.attempts, 16), LONGEST_PAUSE)
            found.attempts += 1


def count_as_sent(until: datetime) -> None:
    """What waited in the copy that this database was restored from, and was due by then, may well have gone out: nobody can
    say, so that it is doubtful."""
    was_due = or_(Delivery.state == "claimed", Delivery.state.in_(("waiting", "for_digest")) & (Delivery.due_at <= until))
    _settle(was_due, state="doubtful", due_at=clock.now(), fault="restored")


def listed(state: Literal["waiting", "doubtful", "failed"]) -> list[Listed]:
    """The city's deliveries in this state, the oldest first."""
    found = db.session.scalars(
        select(Delivery)
        .where(Delivery.city_id == current_city(), Delivery.state == state)
        .order_by(Delivery.id)
        .execution_options(populate_existing=True)
    )
    return [Listed(d.id, d.message_id, d.channel, d.due_at, d.fault) for d in found]


def send_again(delivery_ids: Collection[int] | None = None) -> int:
    """What a channel refused for good waits again, all of it or these, because a person says so; how many. Who has read
    his message meanwhile, or has left, gets no letter, as always."""
    which = [Delivery.state == "failed"]
    if delivery_ids is not None:
        which.append(Delivery.id.in_(delivery_ids))
    return _settle(*which, state="waiting", due_at=clock.now(), lease_until=None, attempts=0)


def _settle(*which: ColumnElement[bool], **values: Any) -> int:
    done = db.session.execute(
        update(Delivery)
        .where(Delivery.city_id == current_city(), *which)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    return cast("CursorResult[Any]", done).rowcount
