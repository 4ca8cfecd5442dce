"""Showing that it is he: signing in in one step or two, confirming oneself, one's own password and second factor."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NoReturn
from uuid import UUID

from portal.access.actor import Actor
from portal.audit import journal
from portal.identity import kept_forms, lockout, pace, passwords, queries, second_factor, sessions
from portal.identity.models import Person, SignInSession
from portal.identity.service import accounts
from portal.kernel import clock
from portal.kernel.db import db
from portal.kernel.language import _
from portal.kernel.refusals import Invalid, Invisible
from portal.kernel.text import tidy

PASSWORD, WITH_CODE = "password", "password+totp"
"""How somebody has proved that it is he; a signature keeps it."""


@dataclass(frozen=True, slots=True)
class Halfway:
    """The password was right; the code of the second factor is still to come. `mark` changes with the password."""

    person_id: int
    name: str
    mark: str


def sign_in(
    name: str, password: str, source: str, address: str | None = None, absolute: timedelta = sessions.ABSOLUTE
) -> tuple[SignInSession, str] | Halfway:
    """A new session and its token, or, for whoever has a second factor, half the way to it. `source` is what failures
    are counted by, `address` what the person is shown later. Refused with Invalid: a wrong name or password (which of
    them is not said), or locked after five failures."""
    said = tidy(name)
    stranger = not source.startswith(lockout.KNOWN_BROWSER)
    if stranger:
        _keep_pace(said, source, address or source)
    attempt = lockout.count_attempt(said, source)
    person = None if attempt.refused_until else queries.person_named(said[:64])
    stored = person.password_hash if person and person.active else None
    right = attempt.refused_until is None and passwords.fits(stored, password)
    if not right:
        _refuse(attempt, person.id if person else None, address or source, _("登录名或口令不对"))
    assert person is not None
    if stranger:
        pace.discounted(f"address:{source}", "sign_in")
        pace.discounted(_of_name(said), "sign_in")
    if passwords.is_outdated(person.password_hash):
        person.password_hash = passwords.hashed(password)
    if second_factor.is_in_force(person.id):
        lockout.forgive(said, source)
        return Halfway(person.id, person.sign_in_name, _mark(person))
    lockout.forget(said, source)
    return begin(person, address or source, absolute)


def _keep_pace(name: str, source: str, address: str) -> None:
    """One password over many names from one address, and one name from many addresses, end here. Whoever bears the name goes on
    where he signed in before, in that browser or from that address: no stranger locks him out there."""
    if pace.counted(f"address:{source}", "sign_in", pace.NAMES_WITHIN) > pace.MOST_NAMES:
        raise Invalid(_("从您所在的网络地址多次登录失败，请 15 分钟后再试；在本机登录过的不受影响"))
    if pace.counted(_of_name(name), "sign_in", pace.NAMES_WITHIN) > pace.MOST_ELSEWHERE:
        person = queries.person_named(name[:64])
        if person is None or not queries.signed_in_from(person.id, address):
            raise Invalid(_("这个登录名在多处登录失败，请 15 分钟后再试；在以前登录过的电脑或网络上不受影响"))


def _of_name(name: str) -> str:
    """By what a name is counted: what was typed there may be a password."""
    return f"name:{hashlib.sha256(name.encode('utf-8', 'replace')).hexdigest()[:40]}"


def second_step(
    half: Halfway, code: str, source: str, address: str | None = None, absolute: timedelta = sessions.ABSOLUTE
) -> tuple[SignInSession, str]:
    """The rest of the way: a new session and its token. Wrong codes count and lock as wrong passwords do, but by account,
    from wherever they come. Invisible where the password was changed since, or the account closed."""
    person = queries.person_by_id(half.person_id)
    if person is None or not person.active or _mark(person) != half.mark:
        raise Invisible
    attempt = lockout.count_attempt(person.sign_in_name, lockout.CODES)
    if attempt.refused_until or not second_factor.accepts(person.id, code):
        _refuse(attempt, person.id, address or source, _("动态口令不对，或已经用过"), code=True)
    lockout.forget(person.sign_in_name, source)
    lockout.forget(person.sign_in_name, lockout.CODES)
    return begin(person, address or source, absolute)


def begin(person: Person, address: str, absolute: timedelta) -> tuple[SignInSession, str]:
    """The session of somebody who has shown all that is asked of them, and its token."""
    session, token = sessions.begin(person.id, address, absolute)
    journal.record(Actor(person.id, person.city_id, person.name), "sign_in", "person", person.id, after={"source": session.source})
    return session, token


def _mark(person: Person) -> str:
    return hashlib.sha256(person.password_hash.encode()).hexdigest()[:16]


def _refuse(attempt: lockout.Attempt, person_id: int | None, address: str, sentence: str, *, code: bool = False) -> NoReturn:
    db.session.rollback()
    subject = person_id if person_id is not None else "unknown"
    until = attempt.refused_until
    if until is None:
        what = {"second_factor": True} if code else {}
        journal.note(queries.FAILED, "person", subject, None, source=address[:64], count=attempt.count, **what)
        if attempt.locked_until:
            journal.note(queries.LOCKED, "person", subject, None, source=address[:64])
            until = attempt.locked_until
    if until is not None:
        when = clock.local(until).strftime("%H:%M")
        raise Invalid(_("连续输错 5 次，已锁定到 %(when)s；在此之前输对也不能通过", when=when))
    tries = _("已连续错 %(count)s 次，再错 %(left)s 次锁定 15 分钟", count=attempt.count, left=attempt.left)
    again = {"passcode": _("请重新输入动态口令")} if code else {"password": _("请重新输入口令")}
    raise Invalid(sentence, unmet=(tries,), fields=again)


def confirm_password(
    actor: Actor, password: str, source: str, code: str | None = None, *, alone: bool = False, address: str | None = None
) -> str:
    """The person says again that it is he, by his password and, where he has a second factor, its code (not where the
    password `alone` is asked for); the answer is how. Wrong ones count and lock as at sign-in, codes by account; raises
    Invalid with the sentence beside the field `password` or `passcode`."""
    found = queries.person_with_factor(actor.person_id)
    if found is None:
        raise Invisible
    person, has_factor = found
    name, person_id = person.sign_in_name, person.id
    attempt = lockout.count_attempt(name, source)
    field, how, said = "password", PASSWORD, _("口令不对")
    right = attempt.refused_until is None and passwords.fits(person.password_hash if person.active else None, password)
    if right and not alone and has_factor:
        field, how, said = "passcode", WITH_CODE, _("动态口令不对，或已经用过")
        attempt = lockout.count_attempt(name, lockout.CODES)
        right = attempt.refused_until is None and second_factor.accepts(person_id, code or "")
        if not right:
            lockout.forgive(name, source)  # the password was right; the code counts by itself
    if not right:
        try:
            _refuse(attempt, person_id, address or source, said, code=field == "passcode")
        except Invalid as refusal:
            if attempt.refused_until or attempt.locked_until:
                raise Invalid(refusal.sentence, fields={field: refusal.sentence}) from None
        left = _("%(what)s，再错 %(left)s 次锁定 15 分钟", what=said, left=attempt.left)
        raise Invalid(said, fields={field: left})
    lockout.forget(name, source)
    if how == WITH_CODE:
        lockout.forget(name, lockout.CODES)
    return how


def change_password(
    actor: Actor, session_id: UUID, password: str, new_password: str, source: str, address: str | None = None
) -> str:
    """One's own new password; the present one is asked for. All other sessions end, this one's token is new: returned.

    After a reset, who has signed in with the code of a second factor that he had before it is thereby confirmed; others
    wait for two officers, whatever they set up meanwhile. Where there is a second factor, the password alone does not
    open again what is confidential.
    """
    confirm_password(actor, password, source, alone=True, address=address)  # the code was shown at sign-in
    person = queries.person_by_id(actor.person_id)
    assert person is not None
    dengbao = has_dengbao()
    objection = passwords.objection(new_password, person.sign_in_name, person.name, dengbao=dengbao)
    if objection is None and passwords.fits(person.password_hash, new_password):
        objection = _("新口令与现在的相同")
    if (
        objection is None
        and dengbao
        and any(passwords.fits(old.password_hash, new_password) for old in queries.former_passwords(person.id, passwords.NOT_AGAIN))
    ):
        objection = _("最近 5 次用过的口令不能再用")
    if objection:
        raise Invalid(_("口令没有改"), fields={"new_password": objection})
    accounts.replace_password(person, new_password)
    person.must_change_password = False
    person.password_changed_at = clock.now()
    if person.suspended_at is not None and second_factor.is_in_force(person.id, since=person.suspended_at):
        person.suspended_at = None
        journal.record(actor, "confirmed_by_second_factor", "person", person.id)
    sessions.end_others(person.id, session_id)
    journal.record(actor, "change_password", "person", person.id)
    return sessions.rotate(session_id, confirmed=not second_factor.is_in_force(person.id))


def has_dengbao() -> bool:
    """Whether the present city has the profile of 等保 on."""
    found = queries.security_rules()
    return found is not None and found.dengbao


def password_expires_at(person: Person) -> datetime | None:
    """When this person must have changed his password; None where no rule says so."""
    return passwords.expires_at(person.password_changed_at or person.created_at, has_dengbao())


def set_up_second_factor(actor: Actor, code: str) -> list[str]:
    """A code of the new key was read off: it is in force. The recovery codes, shown this once."""
    codes = second_factor.bring_into_force(actor.person_id, code)
    journal.record(actor, "set_up_second_factor", "person", actor.person_id)
    return codes


def renew_recovery_codes(actor: Actor) -> list[str]:
    """Ten new recovery codes, shown this once; the old ones are void. The caller has asked who it is."""
    codes = second_factor.renew_codes(actor.person_id)
    journal.record(actor, "renew_recovery_codes", "person", actor.person_id)
    return codes


def give_up_second_factor(actor: Actor) -> None:
    """One's own second factor ends; whether that is allowed, and that it is he, the caller has asked."""
    second_factor.end(actor.person_id)
    journal.record(actor, "give_up_second_factor", "person", actor.person_id)


def forget_sign_ins() -> None:
    """Remove from the present city what nobody will ask for again: old failures, kept forms, long-ended sessions."""
    kept_forms.forget_old()
    lockout.forget_old()
    pace.forget_old()
    sessions.forget_old()
