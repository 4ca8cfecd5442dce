"""Sessions as rows: a browser in which a person is signed in.

A session is found by the digest of its token; the token itself is only in the browser. It ends after 15 minutes of
silence, after 8 hours, on signing out, and when the password is changed elsewhere. Tokens rotate at sign-in, at change
of password and when a person confirms himself.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, update

from portal.access.actor import Actor
from portal.audit import journal
from portal.identity import queries
from portal.identity.models import SignInSession
from portal.identity.passwords import expires_at
from portal.kernel import clock
from portal.kernel.db import current_city, db
from portal.kernel.language import _
from portal.kernel.refusals import Invisible
from portal.registry.session import SESSION_PARTS

IDLE = timedelta(minutes=15)
ABSOLUTE = timedelta(hours=8)
SEEN_EVERY = timedelta(minutes=1)
REMEMBERED_FOR = timedelta(days=180)  # ended sessions, on one's own page


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session found good: what every request knows before anything else is read; `beside` what the features add."""

    session_id: UUID
    person_id: int
    city_id: int
    name: str
    sign_in_name: str
    language: str | None
    must_change_password: bool
    acting_post_id: int | None
    seen_at: datetime
    confirmed_at: datetime
    suspended: bool
    has_second_factor: bool
    dengbao: bool
    second_factor_for_all: bool
    password_over_age: bool
    beside: Mapping[str, Any]

    @property
    def id(self) -> int:
        """The person's."""
        return self.person_id


@dataclass(frozen=True, slots=True)
class SignIn:
    """A line of one's own sign-ins. `session_id` where it can still be ended."""

    at: datetime
    outcome: str
    ok: bool
    source: str
    session_id: UUID | None


def begin(person_id: int, source: str, absolute: timedelta) -> tuple[SignInSession, str]:
    """A new session of this person, and its token."""
    token, now = _new_token(), clock.now()
    session = SignInSession(
        token_digest=_digest(token),
        person_id=person_id,
        source=source[:64],
        started_at=now,
        seen_at=now,
        confirmed_at=now,
        ends_at=now + absolute,
    )
    db.session.add(session)
    db.session.flush()
    return session, token


def find(token: str, idle: timedelta = IDLE) -> SignedIn | None:
    """The session of this token, if it is still good."""
    row = queries.session_by_digest(_digest(token))
    now = clock.now()
    if row is None or row.ended_at is not None or row.ends_at <= now or row.seen_at <= now - idle:
        return None
    until = expires_at(row.password_changed_at, row.dengbao)
    over_age = until is not None and until <= now
    return SignedIn(
        row.session_id,
        row.person_id,
        row.city_id,
        row.name,
        row.sign_in_name,
        row.language,
        row.must_change_password or over_age,
        row.acting_post_id,
        row.seen_at,
        row.confirmed_at,
        row.suspended_at is not None,
        row.has_second_factor,
        row.dengbao,
        row.second_factor_for_all,
        over_age,
        {name: getattr(row, name) for name in SESSION_PARTS.names},
    )


def person_of_expired(token: str) -> int | None:
    """Whose session this was, where it ran out by itself: neither signed out nor ended from elsewhere."""
    row = queries.session_by_digest(_digest(token))
    return row.person_id if row is not None and row.ended_at is None else None


def see(session: SignedIn) -> bool:
    """Note that the person is still there; written at most once a minute. True when something was written."""
    now = clock.now()
    if now - session.seen_at < SEEN_EVERY:
        return False
    db.session.execute(
        update(SignInSession).where(SignInSession.id == session.session_id, SignInSession.seen_at < now).values(seen_at=now)
    )
    return True


def sign_out(session: SignedIn) -> None:
    """End this session."""
    _end(SignInSession.id == session.session_id)
    journal.record(Actor(session.person_id, session.city_id, session.name), "sign_out", "person", session.person_id)


def end(person_id: int, session_id: UUID) -> None:
    """End one of one's own sessions; ended already, nothing more happens."""
    if not queries.is_session_of(person_id, session_id):
        raise Invisible
    _end(SignInSession.id == session_id, SignInSession.person_id == person_id)


def end_others(person_id: int, session_id: UUID) -> None:
    """End all of one's sessions but this one."""
    _end(SignInSession.person_id == person_id, SignInSession.id != session_id)


def end_all(person_id: int) -> None:
    """End all sessions of a person."""
    _end(SignInSession.person_id == person_id)


def end_all_of_city() -> None:
    """End all sessions of the present city: its database was restored, and who had signed out would be signed in again."""
    _end(SignInSession.city_id == current_city())


def act_in(session: SignedIn, actor: Actor, post_id: int) -> None:
    """Act in another of one's posts, held or stood in for, from now on in this browser."""
    if not any(standing.post_id == post_id for standing in actor.standings):
        raise Invisible
    db.session.execute(update(SignInSession).where(SignInSession.id == session.session_id).values(acting_post_id=post_id))


def rotate(session_id: UUID, *, confirmed: bool = True) -> str:
    """A new token for a session whose person has just proved that it is he; the old one is void from the commit on. Not
    `confirmed`: he showed less than what opens confidential content."""
    token = _new_token()
    values: dict[str, object] = {"token_digest": _digest(token)}
    if confirmed:
        values["confirmed_at"] = clock.now()
    db.session.execute(update(SignInSession).where(SignInSession.id == session_id).values(values))
    return token


def sign_ins_of(session: SignedIn, idle: timedelta = IDLE) -> list[SignIn]:
    """One's own sign-ins and the failed attempts under one's name, the newest first."""
    now = clock.now()
    lines = []
    for one in queries.sessions_of(session.person_id):
        live = one.ended_at is None and one.ends_at > now and one.seen_at > now - idle
        outcome = _("使用中") if live else _("已退出") if one.ended_at else _("已过期")
        lines.append(SignIn(one.started_at, outcome, True, one.source, one.id if live else None))
    for entry in queries.failures_of(session.person_id):
        told = entry.after or {}
        wrong = _("动态口令不对") if told.get("second_factor") else _("口令不对")
        outcome = _("已锁定") if entry.act == queries.LOCKED else wrong
        lines.append(SignIn(entry.at, outcome, False, str(told.get("source", "")), None))
    return sorted(lines, key=lambda line: line.at, reverse=True)[: queries.SHOWN]


def count_live(person_id: int, idle: timedelta = IDLE) -> int:
    """In how many browsers the person is signed in now."""
    now = clock.now()
    return sum(one.ended_at is None and one.ends_at > now and one.seen_at > now - idle for one in queries.sessions_of(person_id))


def last_before(session: SignInSession) -> tuple[SignInSession, int] | None:
    """The sign-in before this one and the failed attempts since, to be shown."""
    last = queries.session_before(session.person_id, session.id)
    return (last, queries.failures_since(session.person_id, last.started_at)) if last else None


def forget_old() -> None:
    """Remove the sessions that ended half a year ago."""
    db.session.execute(delete(SignInSession).where(SignInSession.ends_at < clock.now() - REMEMBERED_FOR))


def _end(*which: object) -> None:
    db.session.execute(
        update(SignInSession).where(*which, SignInSession.ended_at.is_(None)).values(ended_at=clock.now())  # type: ignore[arg-type]
    )


def _new_token() -> str:
    return secrets.token_urlsafe(32)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
