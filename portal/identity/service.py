"""Signing in and out, sessions as rows, change of password, confirming oneself, and the form an expired session kept.

A session is found by the digest of its token; the token itself is only in the browser. It ends after 15 minutes of
silence, after 8 hours, on signing out, and when the password is changed elsewhere. Tokens rotate at sign-in, at change
of password and when a person confirms himself.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import delete, update

from portal.access.actor import Actor, Standing
from portal.audit import journal
from portal.identity import lockout, passwords, queries
from portal.identity.models import KeptForm, Person, SignInFailure, SignInSession
from portal.kernel import clock
from portal.kernel.db import db
from portal.kernel.language import _
from portal.kernel.refusals import Invalid, Invisible
from portal.kernel.text import objections, tidy
from portal.vault.box import open_sealed, seal

IDLE = timedelta(minutes=15)
ABSOLUTE = timedelta(hours=8)
SEEN_EVERY = timedelta(minutes=1)
FORM_KEPT_FOR = timedelta(hours=1)
REMEMBERED_FOR = timedelta(days=180)  # ended sessions, on one's own page
KEPT_AT_MOST = 400_000  # octets of one kept form
KEPT_EACH = 20  # forms kept for one person at a time


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session found good: what every request knows before anything else is read."""

    session_id: UUID
    person_id: int
    city_id: int
    name: str
    sign_in_name: str
    language: str | None
    must_change_password: bool
    acting_post_id: int | None
    seen_at: datetime

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


@dataclass(frozen=True, slots=True)
class Kept:
    """A kept form, opened for its sender. `files`: something was attached that could not be kept."""

    id: UUID
    path: str
    fields: tuple[tuple[str, str], ...]
    files: bool
    kept_at: datetime


# ------------------------------------------------------------------------------------------------------------ people


def make_person(
    sign_in_name: str, name: str, password: str | None = None, *, email: str | None = None
) -> tuple[Person, str | None]:
    """A new person of this city. Without a password he gets a one-time one, which is returned and not kept in clear."""
    said, called = tidy(sign_in_name), tidy(name)
    if not said or not called or objections(said, 64, single_line=True) or objections(called, 60, single_line=True):
        raise Invalid(_("登录名或姓名不能使用"))
    once = None if password is not None else passwords.one_time_password()
    person = Person(
        sign_in_name=said,
        name=called,
        email=email,
        password_hash=passwords.hashed(once or password or ""),
        must_change_password=once is not None,
        active=True,
        created_at=clock.now(),
    )
    db.session.add(person)
    db.session.flush()
    return person, once


def give_one_time_password(actor: Actor, person_id: int, standing: Standing | None = None) -> str:
    """A forgotten password is replaced by one for a single sign-in; all the person's sessions end. Who may order this
    is for the caller to have judged."""
    person = queries.person_by_id(person_id)
    if person is None:
        raise Invisible
    once = passwords.one_time_password()
    person.password_hash = passwords.hashed(once)
    person.must_change_password = True
    end_all_sessions(person_id)
    journal.record(actor, "give_one_time_password", "person", person_id, standing=standing)
    return once


def deactivate(actor: Actor, person_id: int, standing: Standing | None = None) -> None:
    """The person signs in no more; what he did stays under his name."""
    person = queries.person_by_id(person_id)
    if person is None:
        raise Invisible
    person.active = False
    end_all_sessions(person_id)
    journal.record(actor, "deactivate_person", "person", person_id, standing=standing)


def speak(person_id: int, language: str) -> None:
    """The person's own language from now on."""
    db.session.execute(update(Person).where(Person.id == person_id).values(language=language))


# ---------------------------------------------------------------------------------------------------------- sessions


def sign_in(
    name: str, password: str, source: str, address: str | None = None, absolute: timedelta = ABSOLUTE
) -> tuple[SignInSession, str]:
    """A new session and its token. `source` is what failures are counted by, `address` what the person is shown later.
    Refused with Invalid: a wrong name or password (which of them is not said), or locked after five failures."""
    said = tidy(name)
    attempt = lockout.count_attempt(said, source)
    person = None if attempt.refused_until else queries.person_named(said[:64])
    stored = person.password_hash if person and person.active else None
    _weigh(attempt, stored, password, person.id if person else None, address or source)
    assert person is not None
    lockout.forget(said, source)
    if passwords.is_outdated(person.password_hash):
        person.password_hash = passwords.hashed(password)
    session, token = _new_session(person.id, address or source, absolute)
    journal.record(
        Actor(person.id, person.city_id, person.name), "sign_in", "person", person.id, after={"source": session.source}
    )
    return session, token


def _weigh(attempt: lockout.Attempt, stored: str | None, password: str, person_id: int | None, address: str) -> None:
    until = attempt.refused_until
    if until is None and passwords.fits(stored, password):
        return
    db.session.rollback()
    subject = person_id if person_id is not None else "unknown"
    if until is None:
        journal.note(queries.FAILED, "person", subject, None, source=address[:64], count=attempt.count)
        if attempt.locked_until:
            journal.note(queries.LOCKED, "person", subject, None, source=address[:64])
            until = attempt.locked_until
    if until is not None:
        when = clock.local(until).strftime("%H:%M")
        raise Invalid(_("连续输错 5 次，已锁定到 %(when)s；在此之前输对也不能通过", when=when))
    tries = _("已连续错 %(count)s 次，再错 %(left)s 次锁定 15 分钟", count=attempt.count, left=attempt.left)
    raise Invalid(_("登录名或口令不对"), unmet=(tries,))


def find_session(token: str, idle: timedelta = IDLE) -> SignedIn | None:
    """The session of this token, if it is still good."""
    row = queries.session_by_digest(_digest(token))
    now = clock.now()
    if row is None or row.ended_at is not None or row.ends_at <= now or row.seen_at <= now - idle:
        return None
    return SignedIn(
        row.session_id,
        row.person_id,
        row.city_id,
        row.name,
        row.sign_in_name,
        row.language,
        row.must_change_password,
        row.acting_post_id,
        row.seen_at,
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
        update(SignInSession)
        .where(SignInSession.id == session.session_id, SignInSession.seen_at < now)
        .values(seen_at=now)
    )
    return True


def sign_out(session: SignedIn) -> None:
    """End this session."""
    _end(SignInSession.id == session.session_id)
    journal.record(Actor(session.person_id, session.city_id, session.name), "sign_out", "person", session.person_id)


def end_session(person_id: int, session_id: UUID) -> None:
    """End one of one's own sessions; ended already, nothing more happens."""
    if not any(one.id == session_id for one in queries.sessions_of(person_id)):
        raise Invisible
    _end(SignInSession.id == session_id, SignInSession.person_id == person_id)


def end_other_sessions(person_id: int, session_id: UUID) -> None:
    """End all of one's sessions but this one."""
    _end(SignInSession.person_id == person_id, SignInSession.id != session_id)


def end_all_sessions(person_id: int) -> None:
    """End all sessions of a person."""
    _end(SignInSession.person_id == person_id)


def act_in(session: SignedIn, actor: Actor, post_id: int) -> None:
    """Act in another of one's posts, held or stood in for, from now on in this browser."""
    if not any(standing.post_id == post_id for standing in actor.standings):
        raise Invisible
    db.session.execute(
        update(SignInSession).where(SignInSession.id == session.session_id).values(acting_post_id=post_id)
    )


def rotate(session_id: UUID) -> str:
    """A new token for a session; the old one is void from the commit on."""
    token = _new_token()
    db.session.execute(
        update(SignInSession).where(SignInSession.id == session_id).values(token_digest=_digest(token))
    )
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
        outcome = _("已锁定") if entry.act == queries.LOCKED else _("口令不对")
        lines.append(SignIn(entry.at, outcome, False, str((entry.after or {}).get("source", "")), None))
    return sorted(lines, key=lambda line: line.at, reverse=True)[: queries.SHOWN]


def last_before(session: SignInSession) -> tuple[SignInSession, int] | None:
    """The sign-in before this one and the failed attempts since, to be shown."""
    last = queries.session_before(session.person_id, session.id)
    return (last, queries.failures_since(session.person_id, last.started_at)) if last else None


def _new_session(person_id: int, source: str, absolute: timedelta) -> tuple[SignInSession, str]:
    token, now = _new_token(), clock.now()
    session = SignInSession(
        token_digest=_digest(token),
        person_id=person_id,
        source=source[:64],
        started_at=now,
        seen_at=now,
        ends_at=now + absolute,
    )
    db.session.add(session)
    db.session.flush()
    return session, token


def _end(*which: object) -> None:
    db.session.execute(
        update(SignInSession).where(*which, SignInSession.ended_at.is_(None)).values(ended_at=clock.now())  # type: ignore[arg-type]
    )


def _new_token() -> str:
    return secrets.token_urlsafe(32)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


# --------------------------------------------------------------------------------------------------------- passwords


def confirm_password(actor: Actor, password: str, source: str) -> None:
    """The person says again that it is he, before signing. Wrong ones count and lock as at sign-in; raises Invalid with
    the sentence beside the field `password`."""
    person = queries.person_by_id(actor.person_id)
    if person is None:
        raise Invisible
    name, stored, person_id = person.sign_in_name, person.password_hash, person.id
    attempt = lockout.count_attempt(name, source)
    try:
        _weigh(attempt, stored if person.active else None, password, person_id, source)
    except Invalid as refusal:
        if attempt.refused_until or attempt.locked_until:
            raise Invalid(refusal.sentence, fields={"password": refusal.sentence}) from None
        sentence = _("口令不对，再错 %(left)s 次锁定 15 分钟", left=attempt.left)
        raise Invalid(_("口令不对"), fields={"password": sentence}) from None
    lockout.forget(name, source)


def change_password(actor: Actor, session_id: UUID, password: str, new_password: str, source: str) -> str:
    """One's own new password; the present one is asked for. All other sessions end, this one's token is new: returned.
    """
    confirm_password(actor, password, source)
    person = queries.person_by_id(actor.person_id)
    assert person is not None
    objection = passwords.objection(new_password, person.sign_in_name, person.name)
    if objection is None and passwords.fits(person.password_hash, new_password):
        objection = _("新口令与现在的相同")
    if objection:
        raise Invalid(_("口令没有改"), fields={"new_password": objection})
    person.password_hash = passwords.hashed(new_password)
    person.must_change_password = False
    end_other_sessions(person.id, session_id)
    journal.record(actor, "change_password", "person", person.id)
    return rotate(session_id)


# -------------------------------------------------------------------------------------------------------- kept forms


def keep_form(person_id: int, path: str, fields: Sequence[tuple[str, str]], files: bool) -> UUID | None:
    """Keep what was posted when the session had expired, sealed, for an hour, for this person only. Too long: None."""
    content = json.dumps({"fields": list(fields), "files": files}, ensure_ascii=False).encode("utf-8", "replace")
    if len(path) > 300 or len(content) > KEPT_AT_MOST or (not fields and not files):
        return None
    now = clock.now()
    db.session.execute(delete(KeptForm).where(KeptForm.kept_at <= now - FORM_KEPT_FOR))
    if queries.count_kept(person_id) >= KEPT_EACH:
        return None
    kept_id = uuid4()
    db.session.add(
        KeptForm(id=kept_id, person_id=person_id, path=path, sealed=seal(content, f"kept_form:{kept_id}"), kept_at=now)
    )
    db.session.flush()
    return kept_id


def kept_form(person_id: int, kept_id: UUID) -> Kept:
    """What was kept, for its sender; anybody else, or after an hour: Invisible."""
    row = queries.kept_form(kept_id, person_id, clock.now(), FORM_KEPT_FOR)
    if row is None:
        raise Invisible
    content = json.loads(open_sealed(row.sealed, f"kept_form:{row.id}"))
    return Kept(row.id, row.path, tuple((n, v) for n, v in content["fields"]), content["files"], row.kept_at)


def drop_form(person_id: int, kept_id: UUID) -> None:
    """Throw away what was kept."""
    db.session.execute(delete(KeptForm).where(KeptForm.id == kept_id, KeptForm.person_id == person_id))


def sweep() -> None:
    """Remove from the present city what nobody will ask for again: old counters, kept forms, long-ended sessions."""
    now = clock.now()
    db.session.execute(delete(KeptForm).where(KeptForm.kept_at <= now - FORM_KEPT_FOR))
    db.session.execute(delete(SignInFailure).where(queries.old_failures(now, timedelta(days=1))))
    db.session.execute(delete(SignInSession).where(SignInSession.ends_at < now - REMEMBERED_FOR))
