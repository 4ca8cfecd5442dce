"""How often somebody may do what reaches others, or fills what is kept: counted by person, or by network address and by
sign-in name before anybody has signed in, and by act; refused with a sentence.

A count is written in a short transaction of its own, so that what is refused counts too, and acts sent at one moment.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy import delete, text
from sqlalchemy.orm import Session

from portal.identity.models import Pace
from portal.kernel import clock
from portal.kernel.db import current_city, db
from portal.kernel.language import _
from portal.kernel.refusals import Invalid

HOUR = timedelta(hours=1)
KEPT_FOR = timedelta(days=1)
MOST_NAMES, NAMES_WITHIN = 30, timedelta(minutes=15)
"""Failed sign-ins under whatever names from one network address, in browsers that are not known: a whole office may use it."""
MOST_ELSEWHERE = 25
"""Failed sign-ins under one name within that time, from wherever they come, in browsers and from addresses that are not its own."""
MOST_URGES = 5
"""How often one person urges about the same within an hour: more only fills in-boxes."""

_COUNT = text(
    "INSERT INTO pace AS p (city_id, who, act, since, count) VALUES (:city, :who, :act, :now, 1)"
    " ON CONFLICT (city_id, who, act) DO UPDATE SET"
    " since = CASE WHEN p.since <= :before THEN :now ELSE p.since END,"
    " count = CASE WHEN p.since <= :before THEN 1 ELSE least(p.count + 1, 1000000) END"
    " RETURNING count"
)

_LESS = text("UPDATE pace SET count = greatest(count - 1, 0) WHERE city_id = :city AND who = :who AND act = :act")


def counted(who: int | str, act: str, within: timedelta = HOUR) -> int:
    """The how-manieth time it is that this person, or this address or name, does this within that time."""
    now = clock.now()
    named = _named(who)
    with _own_transaction() as own:
        facts = {"city": current_city(), "who": named, "act": act, "now": now, "before": now - within}
        return int(own.execute(_COUNT, facts).scalar_one())


def _named(who: int | str) -> str:
    return f"person:{who}" if isinstance(who, int) else who[:64]


def discounted(who: str, act: str) -> None:
    """That time it was right after all."""
    with _own_transaction() as own:
        own.execute(_LESS, {"city": current_city(), "who": _named(who), "act": act})


@contextmanager
def _own_transaction() -> Iterator[Session]:
    with Session(db.engine) as own, own.begin():
        own.execute(text("SELECT set_config('app.city', :city, true)"), {"city": str(current_city() or "")})
        yield own


def keep_pace(person_id: int, act: str, most: int) -> None:
    """Refuse (Invalid) what this person has done so often within an hour that it serves nobody."""
    if counted(person_id, act) > most:
        raise Invalid(_("办理过于频繁：一小时内最多 %(most)s 次，本次没有办理，请稍后再办", most=most))


def forget_old() -> None:
    """Remove the counts of yesterday."""
    db.session.execute(delete(Pace).where(Pace.since < clock.now() - KEPT_FOR))
