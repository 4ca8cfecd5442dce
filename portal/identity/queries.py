"""What is read about people and their sign-ins."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, Select, String, bindparam, exists, func, select

from portal.audit.models import JournalEntry
from portal.identity.lockout import latest
from portal.identity.models import (
    FiledForm,
    FormerPassword,
    KeptForm,
    Person,
    SecondFactor,
    SecurityRules,
    SignInFailure,
    SignInSession,
)
from portal.kernel import clock
from portal.kernel.db import current_city, db
from portal.kernel.statements import Kept
from portal.registry.session import SESSION_PARTS, SessionPart

_SESSION = Kept()
FAILED, LOCKED = "sign_in_failed", "sign_in_locked"
SHOWN = 30  # sign-ins on one's own page


def person_named(sign_in_name: str) -> Person | None:
    """The person of this city with that sign-in name, whether active or not."""
    return db.session.scalar(select(Person).where(Person.city_id == current_city(), Person.sign_in_name == sign_in_name))


def person_with_factor(person_id: int) -> tuple[Person, bool] | None:
    """A person of the city, and whether a code is asked of them."""
    in_force = SecondFactor.in_force_at.is_not(None)
    of_city = (Person.city_id == current_city(), Person.id == person_id)
    row = db.session.execute(
        select(Person, in_force).outerjoin(SecondFactor, SecondFactor.person_id == Person.id).where(*of_city)
    ).first()
    return (row[0], bool(row[1])) if row is not None else None


def person_by_id(person_id: int) -> Person | None:
    """The person of this city with that id."""
    return db.session.scalar(select(Person).where(Person.city_id == current_city(), Person.id == person_id))


def hold_person(person_id: int) -> None:
    """Whoever changes something about this person at the same moment waits until the present transaction has ended."""
    db.session.execute(select(Person.id).where(Person.id == person_id).with_for_update(key_share=True))


def session_by_digest(digest: str) -> Any:
    """A session with its person and what the features add, in one statement; whether it is still good the service says. None: no
    such."""
    values = {"city_id": current_city(), "digest": digest, "day": clock.today(), "moment": clock.now()}
    return _SESSION.execute("by digest", _session, values, {}).one_or_none()


def _session() -> Select[*tuple[Any, ...]]:
    return (
        select(
            SignInSession.id.label("session_id"),
            SignInSession.acting_post_id,
            SignInSession.seen_at,
            SignInSession.ends_at,
            SignInSession.ended_at,
            Person.id.label("person_id"),
            Person.city_id,
            Person.name,
            Person.sign_in_name,
            Person.language,
            Person.must_change_password,
            Person.suspended_at,
            func.coalesce(SignInSession.confirmed_at, SignInSession.started_at).label("confirmed_at"),
            func.coalesce(Person.password_changed_at, Person.created_at).label("password_changed_at"),
            SecondFactor.in_force_at.is_not(None).label("has_second_factor"),
            func.coalesce(SecurityRules.dengbao, False).label("dengbao"),
            func.coalesce(SecurityRules.second_factor_for_all, False).label("second_factor_for_all"),
            *(_of_person(part).label(part.name) for part in SESSION_PARTS),
        )
        .join(Person, Person.id == SignInSession.person_id)
        .outerjoin(SecondFactor, SecondFactor.person_id == Person.id)
        .outerjoin(SecurityRules, SecurityRules.city_id == SignInSession.city_id)
        .where(
            SignInSession.city_id == bindparam("city_id", type_=Integer),
            SignInSession.token_digest == bindparam("digest", type_=String),
            Person.active,
        )
    )


def _of_person(part: SessionPart) -> ColumnElement[Any]:
    column = cast("Callable[[object, object], ColumnElement[Any]]", part.column)
    return column(Person.id, Person.suspended_at.is_not(None))


def security_rules() -> SecurityRules | None:
    """What the present city has decided; None: nothing."""
    return db.session.scalar(select(SecurityRules).where(SecurityRules.city_id == current_city()))


def former_passwords(person_id: int, most: int) -> list[FormerPassword]:
    """The last passwords before the present one, the newest first."""
    return list(
        db.session.scalars(
            select(FormerPassword).where(FormerPassword.person_id == person_id).order_by(FormerPassword.id.desc()).limit(most)
        )
    )


def sessions_of(person_id: int) -> list[SignInSession]:
    """A person's sessions, the newest first."""
    return list(
        db.session.scalars(
            select(SignInSession)
            .where(SignInSession.person_id == person_id)
            .order_by(SignInSession.started_at.desc(), SignInSession.id)
            .limit(SHOWN)
        )
    )


def is_session_of(person_id: int, session_id: UUID) -> bool:
    """Whether this is a session of his, however many he has begun since."""
    mine = select(SignInSession.id).where(SignInSession.id == session_id, SignInSession.person_id == person_id)
    return db.session.scalar(mine) is not None


def session_before(person_id: int, session_id: UUID) -> SignInSession | None:
    """The person's last sign-in before this one."""
    return db.session.scalar(
        select(SignInSession)
        .where(SignInSession.person_id == person_id, SignInSession.id != session_id)
        .order_by(SignInSession.started_at.desc())
        .limit(1)
    )


def signed_in_from(person_id: int, address: str) -> bool:
    """Whether this person has signed in from that network address before, as far as it is remembered."""
    there = exists().where(SignInSession.person_id == person_id, SignInSession.source == address[:64])
    return bool(db.session.scalar(select(there)))


def failures_of(person_id: int) -> list[JournalEntry]:
    """Failed attempts under this person's name, the newest first."""
    return list(
        db.session.scalars(
            select(JournalEntry)
            .where(
                JournalEntry.subject_kind == "person",
                JournalEntry.subject_id == str(person_id),
                JournalEntry.act.in_((FAILED, LOCKED)),
            )
            .order_by(JournalEntry.id.desc())
            .limit(SHOWN)
        )
    )


def failures_since(person_id: int, moment: datetime) -> int:
    """How many attempts under this person's name failed since then."""
    return (
        db.session.scalar(
            select(func.count())
            .select_from(JournalEntry)
            .where(
                JournalEntry.subject_kind == "person",
                JournalEntry.subject_id == str(person_id),
                JournalEntry.act == FAILED,
                JournalEntry.at > moment,
            )
        )
        or 0
    )


def kept_form(kept_id: UUID, person_id: int, now: datetime, hold: timedelta) -> KeptForm | None:
    """What an expired session of this person posted, while it is kept."""
    return db.session.scalar(
        select(KeptForm).where(KeptForm.id == kept_id, KeptForm.person_id == person_id, KeptForm.kept_at > now - hold)
    )


def waiting_form(person_id: int, now: datetime, hold: timedelta) -> UUID | None:
    """What was set aside for this person and not yet shown to him, the newest."""
    waits = select(KeptForm.id).where(KeptForm.person_id == person_id, KeptForm.waits, KeptForm.kept_at > now - hold)
    return db.session.scalar(waits.order_by(KeptForm.kept_at.desc()).limit(1))


def filed_form(person_id: int, key: UUID, since: datetime) -> str | None:
    """Where this person was led when he filed the form of this key."""
    filed = select(FiledForm.led_to).where(FiledForm.key == key, FiledForm.person_id == person_id, FiledForm.filed_at > since)
    return db.session.scalar(filed)


def count_kept(person_id: int) -> int:
    """How many forms are kept for this person."""
    return db.session.scalar(select(func.count()).select_from(KeptForm).where(KeptForm.person_id == person_id)) or 0


def locked_out() -> list[tuple[int, str, datetime]]:
    """The persons of this city whose names were locked lately: who, from which source, until when. A name that nobody
    bears is locked too, but there is nobody to name."""
    rows = db.session.execute(
        select(Person.id, SignInFailure.source, SignInFailure.locked_until)
        .join(Person, (Person.city_id == SignInFailure.city_id) & (Person.sign_in_name == SignInFailure.sign_in_name))
        .where(SignInFailure.city_id == current_city(), SignInFailure.locked_until <= latest(), Person.active)
        .order_by(SignInFailure.locked_until, Person.id)
    )
    return [(person_id, source, until) for person_id, source, until in rows if until is not None]
