"""Where a person is told: he may change it himself, and it counts once he has sent back the code that went there.

Whoever asks, the person is told so by the way he was reached until now, so that nobody turns his letters aside in silence.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from portal.access.actor import Actor
from portal.audit import journal
from portal.identity.models import Person
from portal.kernel import clock
from portal.kernel.db import current_city, db
from portal.kernel.language import _
from portal.kernel.refusals import Invalid, Invisible
from portal.notify import channels, codes, queries
from portal.notify.channels import MAIL
from portal.notify.delivery import CODES_LAST
from portal.notify.models import AddressChange, ChannelAddress, Delivery
from portal.notify.service.settings import reach
from portal.notify.service.telling import tell
from portal.notify.wakeup import ring_after_commit

MOST_TRIES = 5
MOST_A_DAY = 5

_COUNT = text("UPDATE address_change SET tries = tries + 1 WHERE id = :id RETURNING tries")


def ask(actor: Actor, channel: str, typed: str) -> AddressChange:
    """Send a code to this address; what was asked for before and not confirmed ends. Raises Invisible for a channel that
    is not open, Invalid (field `address`) for what cannot be an address, is the present one, or was asked too often."""
    opened = channels.enabled().get(channel)
    if opened is None:
        raise Invisible
    refused = _("没有发送验证码")
    try:
        address = opened.address(typed.strip())
    except ValueError as fault:
        raise Invalid(refused, fields={"address": str(fault)}) from None
    # One request at a time: the person's row is what two tabs would meet at.
    db.session.execute(select(Person.id).where(Person.id == actor.person_id).with_for_update())
    if reach(actor).addresses.get(channel) == address:
        raise Invalid(refused, fields={"address": _("现在用的就是这个地址")})
    asked = queries.changes_of(actor.person_id, clock.now() - timedelta(days=1))
    if len(asked) >= MOST_A_DAY:
        raise Invalid(refused, fields={"address": _("一天最多申请 %(count)s 次，请明天再试", count=MOST_A_DAY)})
    for one in asked:
        if one.channel == channel and one.confirmed_at is None and one.ended_at is None:
            one.ended_at = clock.now()
    change = AddressChange(id=uuid4(), person_id=actor.person_id, channel=channel, address=address, asked_at=clock.now(), tries=0)
    db.session.add(change)
    db.session.flush()
    db.session.add(
        Delivery(
            person_id=actor.person_id, address_change_id=change.id, channel=channel, state="waiting",
            due_at=clock.now(), token=0, attempts=0,
        )
    )  # fmt: skip
    key = f"address:{change.id}"
    tell("address_asked", [actor.person_id], key=key, facts={"address": masked(address)})
    journal.record(actor, "ask_address", "person", actor.person_id, after={"channel": channel, "address": masked(address)})
    ring_after_commit()
    return change


def confirm(actor: Actor, change_id: UUID, typed: str) -> None:
    """The code came back: the address is his from now on; once more does nothing more. Raises Invisible for anybody
    else's request, Invalid (field `code`) for a wrong code, or one that has run out, or was tried too often."""
    change = requested(actor, change_id)
    if change.confirmed_at is not None:
        return
    if not is_open(change) or (tries := _count_try(change.id)) > MOST_TRIES:
        raise Invalid(_("地址没有更换"), fields={"code": _("验证码已失效，请重新申请")})
    if not codes.fits(change.id, change.address, typed):
        left = MOST_TRIES - tries
        sentence = _("验证码不对，还可试 %(left)s 次", left=left) if left else _("验证码不对，已失效，请重新申请")
        raise Invalid(_("地址没有更换"), fields={"code": sentence})
    before = reach(actor).addresses.get(change.channel)
    change.confirmed_at = clock.now()
    if change.channel == MAIL:
        db.session.execute(update(Person).where(Person.id == actor.person_id).values(email=change.address))
    else:
        _keep_contact(change)
    journal.record(
        actor, "change_address", "person", actor.person_id,
        before={"channel": change.channel, "address": masked(before) if before else None},
        after={"channel": change.channel, "address": masked(change.address)},
    )  # fmt: skip


def requested(actor: Actor, change_id: UUID) -> AddressChange:
    """One of the person's own requests, by a channel that is open; raises Invisible."""
    found = queries.change_of(actor.person_id, change_id)
    if found is None or found.channel not in channels.enabled():
        raise Invisible
    return found


def is_open(change: AddressChange) -> bool:
    """Its code would still be taken."""
    fresh = change.asked_at > clock.now() - CODES_LAST
    return fresh and change.confirmed_at is None and change.ended_at is None and change.tries < MOST_TRIES


def masked(address: str) -> str:
    """Enough of an address for its owner to know it by."""
    name, at, domain = address.rpartition("@")
    if at:
        return f"{name[:1]}***@{domain}"
    return f"{address[:3]}***{address[-2:]}" if len(address) > 7 else f"{address[:1]}***"


def _keep_contact(change: AddressChange) -> None:
    row = {
        "person_id": change.person_id,
        "channel": change.channel,
        "address": change.address,
        "confirmed_at": change.confirmed_at,
    }
    kept = {"address": change.address, "confirmed_at": change.confirmed_at}
    db.session.execute(insert(ChannelAddress).values(row).on_conflict_do_update(index_elements=["person_id", "channel"], set_=kept))


def _count_try(change_id: UUID) -> int:
    """Counted before the code is looked at, in a transaction of its own, so that a refusal does not undo the count."""
    with Session(db.engine) as own, own.begin():
        own.execute(text("SELECT set_config('app.city', :city, true)"), {"city": str(current_city() or "")})
        tries: int = own.execute(_COUNT, {"id": change_id}).scalar_one()
    return tries
