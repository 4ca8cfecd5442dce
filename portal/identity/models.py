"""Who can sign in, in which browser he is signed in, and who has knocked too often.

Identity is (city, sign-in name). A session is a row that rotates; its token is stored as a digest only.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.kernel.db import Model, OfCity


class Person(OfCity, Model):
    """A natural person of one city's network."""

    __tablename__ = "person"
    __table_args__ = (UniqueConstraint("city_id", "sign_in_name"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    sign_in_name: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(60))
    email: Mapped[str | None] = mapped_column(String(120))
    password_hash: Mapped[str] = mapped_column(String(200))
    must_change_password: Mapped[bool] = mapped_column(default=False)
    language: Mapped[str | None] = mapped_column(String(5))
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    password_changed_at: Mapped[datetime | None]  # by himself; none: he has the one he was given
    suspended_at: Mapped[datetime | None]  # others know his password; until he is confirmed he reads nothing confidential

    def __repr__(self) -> str:
        return f"<Person {self.id}>"


class SignInSession(OfCity, Model):
    """One browser in which a person is signed in, from, to. `seen_at` is written at most once a minute."""

    __tablename__ = "sign_in_session"
    __table_args__ = (
        Index("ix_sign_in_session_person", "person_id", "started_at"),
        Index("ix_sign_in_session_end", "ends_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    token_digest: Mapped[str] = mapped_column(String(64), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    acting_post_id: Mapped[int | None] = mapped_column(ForeignKey("post.id"))
    source: Mapped[str] = mapped_column(String(64))
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]  # when he last proved again that it is he; none: only when it began
    ends_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship()


class SignInFailure(OfCity, Model):
    """Failed sign-ins of one name from one source since the last success; five lock that pair for a quarter hour. Wrong
    codes of the second factor stand under one source of their own, `lockout.CODES`."""

    __tablename__ = "sign_in_failure"

    city_id: Mapped[int] = mapped_column(ForeignKey("city.id"), primary_key=True)
    sign_in_name: Mapped[str] = mapped_column(String(64), primary_key=True)
    source: Mapped[str] = mapped_column(String(64), primary_key=True)
    count: Mapped[int]
    last_at: Mapped[datetime]
    locked_until: Mapped[datetime | None]


class Pace(OfCity, Model):
    """How often a person, or a network address, did one kind of thing since a moment: `portal/identity/pace.py`."""

    __tablename__ = "pace"

    city_id: Mapped[int] = mapped_column(ForeignKey("city.id"), primary_key=True)
    who: Mapped[str] = mapped_column(String(64), primary_key=True)
    act: Mapped[str] = mapped_column(String(64), primary_key=True)
    since: Mapped[datetime]
    count: Mapped[int]


class SecondFactor(OfCity, Model):
    """A person's key of one-time codes (TOTP), sealed. In force once he has shown a code of it. `last_counter` is the
    half-minute of the last code accepted: neither it nor an earlier one is accepted again."""

    __tablename__ = "second_factor"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[datetime]
    in_force_at: Mapped[datetime | None]
    last_counter: Mapped[int | None] = mapped_column(BigInteger)


class RecoveryCode(OfCity, Model):
    """A code for one sign-in without the telephone; only its digest is kept."""

    __tablename__ = "recovery_code"
    __table_args__ = (UniqueConstraint("person_id", "digest"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    digest: Mapped[str] = mapped_column(String(100))
    used_at: Mapped[datetime | None]


class FormerPassword(OfCity, Model):
    """A password that a person had before, in its stored form: the last five are not taken again under 等保."""

    __tablename__ = "former_password"
    __table_args__ = (Index("ix_former_password_person", "person_id", "id"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    password_hash: Mapped[str] = mapped_column(String(200))
    replaced_at: Mapped[datetime]


class SecurityRules(OfCity, Model):
    """What a city has decided beyond the portal's own rules; a city without a row has decided nothing. Changed only by
    an act of two officers."""

    __tablename__ = "security_rules"

    city_id: Mapped[int] = mapped_column(
        ForeignKey("city.id"), primary_key=True, server_default=text("current_setting('app.city')::integer")
    )
    dengbao: Mapped[bool] = mapped_column(default=False)
    second_factor_for_all: Mapped[bool] = mapped_column(default=False)
    changed_at: Mapped[datetime]


class KeptForm(OfCity, Model):
    """What somebody had typed when his session had expired, or another's had begun: sealed, for an hour, for the same person
    only. It `waits` until he signs in and is led to it."""

    __tablename__ = "kept_form"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    path: Mapped[str] = mapped_column(String(300))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    kept_at: Mapped[datetime]
    waits: Mapped[bool] = mapped_column(server_default=text("false"))


class FiledForm(OfCity, Model):
    """A form that was filed, by the key that its page bore, and where its sender was led: the page fetched again leads there
    too. Forgotten after a day."""

    __tablename__ = "filed_form"

    key: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    led_to: Mapped[str] = mapped_column(String(300))
    filed_at: Mapped[datetime]
