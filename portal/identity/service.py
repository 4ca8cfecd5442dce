"""Accounts and passwords: making a person, signing in in one step or two, confirming oneself, changing and replacing a
password.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NoReturn
from uuid import UUID

from sqlalchemy import delete, update

from portal.access.actor import Actor, Standing
from portal.audit import journal
from portal.identity import kept_forms, lockout, passwords, queries, second_factor, sessions
from portal.identity.models import FormerPassword, Person, SignInSession
from portal.kernel import clock
from portal.kernel.db import db
from portal.kernel.language import _
from portal.kernel.refusals import Invalid, Invisible
from portal.kernel.text import objections, tidy

PASSWORD, WITH_CODE = "password", "password+totp"
"""How somebody has proved that it is he; a signature keeps it."""


@dataclass(frozen=True, slots=True)
class Halfway:
    """The password was right; the code of the second factor is still to come. `mark` changes with the password."""

    person_id: int
    name: str
    mark: str


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
    """A forgotten password is replaced by one for a single sign-in; all the person's sessions end, and he reads nothing
    confidential until he is confirmed. A second factor set up since an earlier reset that nobody has confirmed goes too: it
    would pass for one that he had before. Who may order this is for the caller to have judged."""
    person = queries.person_by_id(person_id)
    if person is None:
        raise Invisible
    once = passwords.one_time_password()
    _replace_password(person, once)
    if person.suspended_at is not None and not second_factor.is_in_force(person.id, since=person.suspended_at):
        second_factor.end(person.id)  # set up by somebody of whom it was not certain who he is
    person.must_change_password = True
    person.suspended_at = clock.now()
    sessions.end_all(person_id)
    journal.record(actor, "give_one_time_password", "person", person_id, standing=standing)
    return once


def confirm_in_person(actor: Actor, person_id: int, standing: Standing | None = None) -> None:
    """Two officers have seen that it is he: he reads again what is confidential and his to read."""
    person = queries.person_by_id(person_id)
    if person is None:
        raise Invisible
    person.suspended_at = None
    journal.record(actor, "confirm_in_person", "person", person_id, standing=standing)


def end_second_factor(actor: Actor, person_id: int, standing: Standing | None = None) -> None:
    """A lost telephone: no code is asked for until he sets up a new one; his sessions end."""
    second_factor.end(person_id)
    sessions.end_all(person_id)
    journal.record(actor, "end_second_factor", "person", person_id, standing=standing)


def reactivate(actor: Actor, person_id: int, standing: Standing | None = None) -> None:
    """The person signs in again, with the password he had."""
    person = queries.person_by_id(person_id)
    if person is None:
        raise Invisible
    person.active = True
    journal.record(actor, "reactivate_person", "person", person_id, standing=standing)


def deactivate(actor: Actor, person_id: int, standing: Standing | None = None) -> None:
    """The person signs in no more; what he did stays under his name."""
    person = queries.person_by_id(person_id)
    if person is None:
        raise Invisible
    person.active = False
    sessions.end_all(person_id)
    journal.record(actor, "deactivate_person", "person", person_id, standing=standing)


def speak(person_id: int, language: str) -> None:
    """The person's own language from now on."""
    db.session.execute(update(Person).where(Person.id == person_id).values(language=language))


def sign_in(
    name: str, password: str, source: str, address: str | None = None, absolute: timedelta = sessions.ABSOLUTE
) -> tuple[SignInSession, str] | Halfway:
    """A new session and its token, or, for whoever has a second factor, half the way to it. `source` is what failures
    are counted by, `address` what the person is shown later. Refused with Invalid: a wrong name or password (which of
    them is not said), or locked after five failures."""
    said = tidy(name)
    attempt = lockout.count_attempt(said, source)
    person = None if attempt.refused_until else queries.person_named(said[:64])
    stored = person.password_hash if person and person.active else None
    right = attempt.refused_until is None and passwords.fits(stored, password)
    if not right:
        _refuse(attempt, person.id if person else None, address or source, _("登录名或口令不对"))
    assert person is not None
    if passwords.is_outdated(person.password_hash):
        person.password_hash = passwords.hashed(password)
    if second_factor.is_in_force(person.id):
        lockout.forgive(said, source)
        return Halfway(person.id, person.sign_in_name, _mark(person))
    lockout.forget(said, source)
    return _begin(person, address or source, absolute)


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
    return _begin(person, address or source, absolute)


def _begin(person: Person, address: str, absolute: timedelta) -> tuple[SignInSession, str]:
    session, token = sessions.begin(person.id, address, absolute)
    journal.record(
        Actor(person.id, person.city_id, person.name), "sign_in", "person", person.id, after={"source": session.source}
    )
    return session, token


def _mark(person: Person) -> str:
    return hashlib.sha256(person.password_hash.encode()).hexdigest()[:16]


def _refuse(
    attempt: lockout.Attempt, person_id: int | None, address: str, sentence: str, *, code: bool = False
) -> NoReturn:
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
    person = queries.person_by_id(actor.person_id)
    if person is None:
        raise Invisible
    name, person_id = person.sign_in_name, person.id
    attempt = lockout.count_attempt(name, source)
    field, how, said = "password", PASSWORD, _("口令不对")
    right = attempt.refused_until is None and passwords.fits(person.password_hash if person.active else None, password)
    if right and not alone and second_factor.is_in_force(person_id):
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
    if objection is None and dengbao and any(
        passwords.fits(old.password_hash, new_password)
        for old in queries.former_passwords(person.id, passwords.NOT_AGAIN)
    ):
        objection = _("最近 5 次用过的口令不能再用")
    if objection:
        raise Invalid(_("口令没有改"), fields={"new_password": objection})
    _replace_password(person, new_password)
    person.must_change_password = False
    person.password_changed_at = clock.now()
    if person.suspended_at is not None and second_factor.is_in_force(person.id, since=person.suspended_at):
        person.suspended_at = None
        journal.record(actor, "confirmed_by_second_factor", "person", person.id)
    sessions.end_others(person.id, session_id)
    journal.record(actor, "change_password", "person", person.id)
    return sessions.rotate(session_id, confirmed=not second_factor.is_in_force(person.id))


def is_suspended(person_id: int) -> bool:
    """Whether the person reads nothing confidential until he has been seen after a reset."""
    person = queries.person_by_id(person_id)
    return person is not None and person.suspended_at is not None


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


def _replace_password(person: Person, new_password: str) -> None:
    db.session.add(FormerPassword(person_id=person.id, password_hash=person.password_hash, replaced_at=clock.now()))
    person.password_hash = passwords.hashed(new_password)
    db.session.flush()
    kept = [one.id for one in queries.former_passwords(person.id, passwords.NOT_AGAIN)]
    db.session.execute(
        delete(FormerPassword).where(FormerPassword.person_id == person.id, FormerPassword.id.not_in(kept))
    )


def forget_sign_ins() -> None:
    """Remove from the present city what nobody will ask for again: old failures, kept forms, long-ended sessions."""
    kept_forms.forget_old()
    lockout.forget_old()
    sessions.forget_old()
