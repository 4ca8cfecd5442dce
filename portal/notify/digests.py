"""The morning's digest: what waited for it becomes one delivery a person, channel and day, whatever is killed or runs twice.

Told, a message that waits for the digest is a row; here, in one short transaction, the digest's own row is written and the
waiting ones are marked as gone with it. The digest's row is unique, and from then on it is a delivery like any other.
"""

from __future__ import annotations

from sqlalchemy import func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from portal.deadlines.queries import calendar_of
from portal.kernel import clock
from portal.kernel.db import current_city, db
from portal.notify.models import Delivery, Message
from portal.notify.rules import digests_go_out, next_digest

_ONE_AT_A_TIME = 0xD16E57  # the class of advisory locks by which one sweeper gathers a city's digests


def gather() -> int:
    """Write the digests that are due today; how many. What was read meanwhile needs none. What came too late for today's
    goes into the next. On days off everything waits."""
    now, calendar = clock.now(), calendar_of(db.session())
    if not digests_go_out(now, calendar):
        return 0
    if not db.session.scalar(select(func.pg_try_advisory_xact_lock(_ONE_AT_A_TIME, current_city()))):
        return 0
    waits = (Delivery.city_id == current_city(), Delivery.state == "for_digest", Delivery.due_at <= now)
    read = select(Message.id).where(Message.id == Delivery.message_id, Message.read_at.is_not(None))
    _mark(update(Delivery).where(*waits, read.exists()).values(state="dropped"))
    whose = db.session.execute(select(Delivery.person_id, Delivery.channel).where(*waits).distinct()).all()
    if not whose:
        return 0
    rows = [
        {"person_id": person_id, "channel": channel, "digest_on": clock.local(now).date(), "state": "waiting",
         "due_at": now, "token": 0, "attempts": 0}
        for person_id, channel in whose
    ]  # fmt: skip
    unique = ["person_id", "channel", "digest_on"]
    made = db.session.execute(
        insert(Delivery).values(rows).on_conflict_do_nothing(index_elements=unique)
        .returning(Delivery.person_id, Delivery.channel)
    ).all()  # fmt: skip
    if made:
        of_these = tuple_(Delivery.person_id, Delivery.channel).in_([tuple(row) for row in made])
        _mark(update(Delivery).where(*waits, of_these).values(state="in_digest"))
    _mark(update(Delivery).where(*waits).values(due_at=next_digest(now, calendar)))
    return len(made)


def _mark(statement: object) -> None:
    db.session.execute(statement.execution_options(synchronize_session=False))  # type: ignore[attr-defined]
