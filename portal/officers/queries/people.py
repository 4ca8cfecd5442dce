"""People and their accounts as the security administrator finds them: by name or state, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, exists, false, func, or_, select

from portal.access.roles import OFFICERS, Role
from portal.identity.lockout import latest
from portal.identity.models import Person, SecondFactor, SignInFailure, SignInSession
from portal.kernel import clock
from portal.kernel.db import current_city, db
from portal.kernel.text import folded
from portal.network.models import Post, Unit
from portal.network.queries import in_force

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Account:
    """A person as the security administrator sees him."""

    person: Person
    last_sign_in: datetime | None
    has_second_factor: bool
    locked_until: datetime | None
    posts: tuple[tuple[str, Role], ...] = ()


def _accounts() -> Any:
    last = (
        select(func.max(SignInSession.started_at)).where(SignInSession.person_id == Person.id).correlate(Person).scalar_subquery()
    )
    locked = (
        select(func.max(SignInFailure.locked_until))
        .where(
            SignInFailure.city_id == Person.city_id,
            SignInFailure.sign_in_name == Person.sign_in_name,
            SignInFailure.locked_until.between(clock.now(), latest()),
        )
        .correlate(Person)
        .scalar_subquery()
    )
    factor = exists().where(SecondFactor.person_id == Person.id, SecondFactor.in_force_at.is_not(None)).correlate(Person)
    return select(Person, last.label("last"), factor.label("factor"), locked.label("locked")).where(
        Person.city_id == current_city()
    )


def _with_posts(rows: Sequence[Any]) -> list[Account]:
    held: dict[int, list[tuple[str, Role]]] = {}
    if rows:
        posts = db.session.execute(
            select(Post.person_id, Unit.name, Post.role)
            .join(Unit, Unit.id == Post.unit_id)
            .where(Post.person_id.in_([row.Person.id for row in rows]), in_force(clock.today()))
            .order_by(Post.id)
        )
        for person_id, unit, role in posts:
            held.setdefault(person_id, []).append((unit, Role(role)))
    return [Account(row.Person, row.last, row.factor, row.locked, tuple(held.get(row.Person.id, ()))) for row in rows]


_STATES = {
    "inactive": lambda: ~Person.active,
    "suspended": lambda: Person.suspended_at.is_not(None),
    "officers": lambda: Person.id.in_(
        select(Post.person_id).where(Post.city_id == current_city(), Post.role.in_(OFFICERS), in_force(clock.today()))
    ),
    "locked": lambda: Person.sign_in_name.in_(
        select(SignInFailure.sign_in_name).where(
            SignInFailure.city_id == current_city(), SignInFailure.locked_until.between(clock.now(), latest())
        )
    ),
}


def accounts(typed: str, state: str, after: str, size: int = PAGE_SIZE) -> tuple[list[Account], bool]:
    """One page of accounts by sign-in name, and whether more follow. `typed`: part of name, sign-in name or unit."""
    found = _accounts()

    def holds(column: Any) -> ColumnElement[bool]:
        return func.folded(column).contains(folded(typed))

    if typed and not folded(typed):
        found = found.where(false())
    elif typed:
        worked = exists().where(
            Post.person_id == Person.id,
            Unit.id == Post.unit_id,
            in_force(clock.today()),
            or_(holds(Unit.name), holds(Unit.short_name)),
        )
        found = found.where(or_(holds(Person.name), holds(Person.sign_in_name), worked))
    if state in _STATES:
        found = found.where(_STATES[state]())
    if after:
        found = found.where(Person.sign_in_name > after)
    rows = db.session.execute(found.order_by(Person.sign_in_name).limit(size + 1)).all()
    return _with_posts(rows[:size]), len(rows) > size


def account(person_id: int) -> Account | None:
    """One account."""
    rows = db.session.execute(_accounts().where(Person.id == person_id)).all()
    return next(iter(_with_posts(rows)), None)
