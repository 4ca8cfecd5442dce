"""Accounts and passwords: making a person, signing in, confirming oneself, changing and replacing a password."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import update

from portal.access.actor import Actor, Standing
from portal.audit import journal
from portal.identity import kept_forms, lockout, passwords, queries, sessions
from portal.identity.models import Person, SignInSession
from portal.kernel import clock
from portal.kernel.db import db
from portal.kernel.language import _
from portal.kernel.refusals import Invalid, Invisible
from portal.kernel.text import objections, tidy


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
    sessions.end_all(person_id)
    journal.record(actor, "give_one_time_password", "person", person_id, standing=standing)
    return once


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
    session, token = sessions.begin(person.id, address or source, absolute)
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
    sessions.end_others(person.id, session_id)
    journal.record(actor, "change_password", "person", person.id)
    return sessions.rotate(session_id)


def forget_sign_ins() -> None:
    """Remove from the present city what nobody will ask for again: old failures, kept forms, long-ended sessions."""
    kept_forms.forget_old()
    lockout.forget_old()
    sessions.forget_old()
