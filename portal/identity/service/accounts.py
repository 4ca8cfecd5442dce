"""Accounts: making a person, replacing a forgotten password, confirming, closing and opening again. Who may order it is for
the caller to have judged."""

from __future__ import annotations

from sqlalchemy import delete, update

from portal.access.actor import Actor, Standing
from portal.audit import journal
from portal.identity import kept_forms, passwords, queries, second_factor, sessions
from portal.identity.models import FormerPassword, Person
from portal.kernel import clock
from portal.kernel.db import db
from portal.kernel.language import _
from portal.kernel.refusals import Invalid, Invisible
from portal.kernel.text import objections, tidy


def make_person(
    sign_in_name: str, name: str, password: str | None = None, *, email: str | None = None, seen: bool = True
) -> tuple[Person, str | None]:
    """A new person of this city. Without a password he gets a one-time one, which is returned and not kept in clear. Not `seen`:
    whoever hands it over could sign in as him, so he reads nothing confidential until he is confirmed, as after a reset."""
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
        suspended_at=None if seen else clock.now(),
    )
    db.session.add(person)
    db.session.flush()
    return person, once


def give_one_time_password(actor: Actor, person_id: int, standing: Standing | None = None) -> str:
    """A forgotten password is replaced by one for a single sign-in; all the person's sessions end, what was kept of his forms
    goes, and he reads nothing confidential until he is confirmed. A second factor set up since an earlier reset that nobody has
    confirmed goes too: it would pass for one that he had before. Who may order this is for the caller to have judged."""
    person = _person(person_id)
    once = passwords.one_time_password()
    replace_password(person, once)
    if person.suspended_at is not None and not second_factor.is_in_force(person.id, since=person.suspended_at):
        second_factor.end(person.id)  # set up by somebody of whom it was not certain who he is
    person.must_change_password = True
    person.suspended_at = clock.now()
    sessions.end_all(person_id)
    kept_forms.drop_all(person_id)
    journal.record(actor, "give_one_time_password", "person", person_id, standing=standing)
    return once


def confirm_in_person(actor: Actor, person_id: int, standing: Standing | None = None) -> None:
    """Two officers have seen that it is he: he reads again what is confidential and his to read."""
    person = _person(person_id)
    person.suspended_at = None
    journal.record(actor, "confirm_in_person", "person", person_id, standing=standing)


def end_second_factor(actor: Actor, person_id: int, standing: Standing | None = None) -> None:
    """A lost telephone: no code is asked for until he sets up a new one; his sessions end."""
    second_factor.end(person_id)
    sessions.end_all(person_id)
    journal.record(actor, "end_second_factor", "person", person_id, standing=standing)


def reactivate(actor: Actor, person_id: int, standing: Standing | None = None) -> None:
    """The person signs in again, with the password he had."""
    person = _person(person_id)
    person.active = True
    journal.record(actor, "reactivate_person", "person", person_id, standing=standing)


def deactivate(actor: Actor, person_id: int, standing: Standing | None = None) -> None:
    """The person signs in no more; what he did stays under his name."""
    person = _person(person_id)
    person.active = False
    sessions.end_all(person_id)
    journal.record(actor, "deactivate_person", "person", person_id, standing=standing)


def speak(person_id: int, language: str) -> None:
    """The person's own language from now on."""
    db.session.execute(update(Person).where(Person.id == person_id).values(language=language))


def is_suspended(person_id: int) -> bool:
    """Whether the person reads nothing confidential until he has been seen after a reset."""
    person = queries.person_by_id(person_id)
    return person is not None and person.suspended_at is not None


def replace_password(person: Person, new_password: str) -> None:
    """The former one is remembered, as many as may not be used again."""
    db.session.add(FormerPassword(person_id=person.id, password_hash=person.password_hash, replaced_at=clock.now()))
    person.password_hash = passwords.hashed(new_password)
    db.session.flush()
    kept = [one.id for one in queries.former_passwords(person.id, passwords.NOT_AGAIN)]
    db.session.execute(delete(FormerPassword).where(FormerPassword.person_id == person.id, FormerPassword.id.not_in(kept)))


def _person(person_id: int) -> Person:
    person = queries.person_by_id(person_id)
    if person is None:
        raise Invisible
    return person
