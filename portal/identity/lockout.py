"""Five failures lock a name for a quarter hour, from one source only: no stranger locks one out of one's own browser.

Wrong codes of the second factor are counted by account instead, wherever they come from: a code has six digits, and only
who has shown the right password is asked for it, so nobody else can lock anyone out by them.

An attempt is counted before the password is looked at and forgotten when it was right, in short transactions of their
own: so guesses sent at the same moment count too, and a refusal does not undo the count.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, text
from sqlalchemy.orm import Session

from portal.identity.models import SignInFailure
from portal.kernel import clock
from portal.kernel.db import current_city, db

MOST = 5
LOCKED_FOR = timedelta(minutes=15)
COUNTED_FOR = timedelta(days=1)  # since the last failure
KNOWN_BROWSER = "browser:"
"""How a source begins that is a browser in which the name once signed in."""
CODES = "codes"
"""In the place of a source, for the codes of an account from all of them; no address and no browser is called so."""

_COUNT = text(
    "INSERT INTO sign_in_failure AS f (city_id, sign_in_name, source, count, last_at)"
    " VALUES (:city, :name, :source, 1, :now)"
    " ON CONFLICT (city_id, sign_in_name, source) DO UPDATE SET last_at = :now,"
    " count = CASE WHEN f.locked_until <= :now OR f.locked_until > :latest THEN 1 ELSE f.count + 1 END,"
    " locked_until = CASE WHEN f.locked_until > :now AND f.locked_until <= :latest THEN f.locked_until"
    "  WHEN f.locked_until IS NULL AND f.count + 1 >= :most THEN CAST(:until AS timestamptz) END"
    " RETURNING count, locked_until"
)
_FORGIVE = text(
    "UPDATE sign_in_failure SET count = greatest(count - 1, 0),"
    " locked_until = CASE WHEN count - 1 >= :most THEN locked_until END"
    " WHERE city_id = :city AND sign_in_name = :name AND source = :source"
)
_FORGET = text("DELETE FROM sign_in_failure WHERE city_id = :city AND sign_in_name = :name AND source = :source")


@dataclass(frozen=True, slots=True)
class Attempt:
    """The how-manieth failure this would be; `refused_until` when it may not even be tried."""

    count: int
    locked_until: datetime | None

    @property
    def refused_until(self) -> datetime | None:
        """Locked by earlier failures: the right password does not help either."""
        return self.locked_until if self.count > MOST else None

    @property
    def left(self) -> int:
        """Tries that are left after this one."""
        return max(0, MOST - self.count)


def latest() -> datetime:
    """No lock lasts longer from now on: one that says so was made by a clock that was wrong, and is over. A minute is for
    requests that began before the one that locked."""
    return clock.now() + LOCKED_FOR + timedelta(minutes=1)


def count_attempt(name: str, source: str) -> Attempt:
    """Count a try of this name from this source, before anything is looked at."""
    now = clock.now()
    with _own_transaction() as own:
        row = own.execute(
            _COUNT,
            {
                "city": current_city(),
                "name": _short(name),
                "source": _short(source),
                "now": now,
                "most": MOST,
                "until": now + LOCKED_FOR,
                "latest": latest(),
            },
        ).one()
    return Attempt(row[0], row[1])


def forgive(name: str, source: str) -> None:
    """The password was right and the second step is still to come: this try does not count, earlier ones still do."""
    with _own_transaction() as own:
        own.execute(_FORGIVE, {"city": current_city(), "name": _short(name), "source": _short(source), "most": MOST})


def forget(name: str, source: str) -> None:
    """It was the right password: the count begins anew."""
    with _own_transaction() as own:
        own.execute(_FORGET, {"city": current_city(), "name": _short(name), "source": _short(source)})


def forget_old() -> None:
    """Remove the counts of names that were left alone for a day, and those of a clock that was wrong."""
    now = clock.now()
    over = or_(SignInFailure.last_at < now - COUNTED_FOR, SignInFailure.last_at > now + COUNTED_FOR)
    db.session.execute(delete(SignInFailure).where(over))


def _short(typed: str) -> str:
    """What fits its column; what is longer is still counted as itself."""
    return typed if len(typed) <= 64 else hashlib.sha256(typed.encode("utf-8", "replace")).hexdigest()


@contextmanager
def _own_transaction() -> Iterator[Session]:
    with Session(db.engine) as own, own.begin():
        own.execute(text("SELECT set_config('app.city', :city, true)"), {"city": str(current_city() or "")})
        yield own
