"""The database base: one session class that carries the city into row-level security and the clock.

Every transaction starts by telling PostgreSQL in which city it runs (transaction-local, so a pooled connection never
remembers the last one) and reads the transaction's time in the same statement. A session without a city sees no row.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from uuid import UUID

from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session as FlaskSession
from sqlalchemy import (
    Connection,
    Date,
    DateTime,
    Enum,
    ForeignKey,
    MetaData,
    Uuid,
    event,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    SessionTransaction,
    declared_attr,
    mapped_column,
    registry,
)

from portal.kernel import clock

log = logging.getLogger(__name__)


class Base(DeclarativeBase):
    """All models: constraint names are fixed, so that migrations and refusals can name them."""

    registry = registry(
        metadata=MetaData(
            naming_convention={
                "ix": "ix_%(table_name)s_%(column_0_N_name)s",
                "uq": "uq_%(table_name)s_%(column_0_N_name)s",
                "ck": "ck_%(table_name)s_%(constraint_name)s",
                "fk": "fk_%(table_name)s_%(column_0_N_name)s",
                "pk": "pk_%(table_name)s",
            }
        ),
        type_annotation_map={
            datetime: DateTime(timezone=True),
            date: Date(),
            dict[str, Any]: JSONB(),
            list[Any]: JSONB(),
            UUID: Uuid(),
        },
    )


class PortalSession(FlaskSession):
    """The portal's session. `get` of a guarded model is refused by `access.visibility`, which extends this class's
    events; here stand only context, clock and the queue of what waits for the commit."""

    def close(self) -> None:
        """End it. Whatever was begun on a connection that has gone since is gone too, and nobody is told: they have had their
        answer, or are answered that the database is away."""
        try:
            super().close()
        except DBAPIError as gone:
            if not gone.connection_invalidated:
                raise
            self.invalidate()


db = SQLAlchemy(
    model_class=Base,
    session_options={"class_": PortalSession, "expire_on_commit": False},
    disable_autonaming=True,
)


if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model


def one_of(kind: type[StrEnum], length: int) -> Enum:
    """A column that holds one word of an enumeration, as plain text, and gives the member back."""
    return Enum(
        kind,
        native_enum=False,
        create_constraint=False,
        length=length,
        values_callable=lambda members: [member.value for member in members],
    )


class OfCity:
    """A row that belongs to one city. The city comes from the transaction, never from what somebody sent."""

    @declared_attr
    def city_id(cls) -> Mapped[int]:
        return mapped_column(ForeignKey("city.id"), server_default=text("current_setting('app.city')::integer"))


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds: how long a transaction waits for a lock that somebody else holds, how long one statement may take, and how
    long nothing may be asked of it. `plans`: whether the database looks for the best way of each asking (`auto`), or knows one
    for all that are asked often: looking takes as long as the rows of a page."""

    lock: int
    statement: int
    idle: int
    plans: str = "auto"

    def limits(self) -> dict[str, str]:
        """As PostgreSQL calls them."""
        idle = {"idle_in_transaction_session_timeout": f"{self.idle}s", "plan_cache_mode": self.plans}
        return {"lock_timeout": f"{self.lock}s", "statement_timeout": f"{self.statement}s"} | idle


PERSON = Patience(lock=4, statement=30, idle=60, plans="force_generic_plan")
"""Of every connection: over sooner than somebody at a browser gives up."""
IMPORT = Patience(lock=4, statement=1800, idle=1800)
"""Of what he knows to take long: thousands of rows are judged or written."""
WORK = Patience(lock=30, statement=1800, idle=1800)
"""Of what nobody waits for: sweeps and commands."""

_TELL = "SELECT set_config('app.city', :city, true), now() AS transaction_time"


def _set(patience: Patience) -> str:
    return ", ".join(f"set_config('{name}', '{limit}', true)" for name, limit in patience.limits().items())


_TOLD = {PERSON: text(_TELL), **{patience: text(f"{_TELL}, {_set(patience)}") for patience in (IMPORT, WORK)}}
_ALLOWED = {patience: text(f"SELECT {_set(patience)}") for patience in (IMPORT, WORK)}


def _tell(connection: Connection, session: Session) -> None:
    told = _TOLD[session.info.get("patience", WORK)]
    row = connection.execute(told, {"city": str(session.info.get("city") or "")}).one()
    clock.transaction_began(row.transaction_time)


def for_a_person() -> None:
    """Somebody at a browser waits for what the session does from here on."""
    db.session().info["patience"] = PERSON


def take_time() -> None:
    """He knows that this takes long. Locks are not waited for longer."""
    live = db.session()
    if live.info.get("patience") is PERSON:
        live.info["patience"] = IMPORT
        if live.in_transaction():
            live.execute(_ALLOWED[IMPORT])


def enter(city_id: int | None, session: Session | None = None) -> None:
    """From here on the session works in this city; holds for all its later transactions too."""
    live = session or db.session()
    if live.info.get("city") == city_id:
        return
    live.info["city"] = city_id
    if live.in_transaction():
        _tell(live.connection(), live)


def begin() -> None:
    """Begin the transaction, if none is under way. A connection that went while it lay in the pool is replaced: nothing has been
    asked by it yet. Raises OperationalError where the database is away."""
    live = db.session()
    if live.in_transaction():
        return
    try:
        live.connection()
    except DBAPIError as gone:
        if not gone.connection_invalidated:
            raise
        live.rollback()
        live.connection()


def current_city(session: Session | None = None) -> int | None:
    """The city that the session works in."""
    city: int | None = (session or db.session()).info.get("city")
    return city


@event.listens_for(PortalSession, "after_begin")
def _begin(session: Session, transaction: SessionTransaction, connection: Connection) -> None:
    if transaction.nested:
        return
    _tell(connection, session)


@event.listens_for(PortalSession, "after_transaction_end")
def _end(session: Session, transaction: SessionTransaction) -> None:
    if transaction.parent is None:
        clock.transaction_began(None)


def after_commit(act: Callable[[], object]) -> None:
    """Do this once the present transaction is safely committed; forget it when it is rolled back."""
    db.session().info.setdefault("after_commit", []).append(act)


_VERY_MANY = 500
_REFRESH = text("SELECT refresh_statistics()")


def has_written(rows: int) -> None:
    """So many rows came in at once: where they are very many, the planner learns of them after the commit, and not only
    when the autovacuum comes by. Until then it would take every table for empty."""
    if rows >= _VERY_MANY:
        after_commit(refresh_statistics)


def refresh_statistics() -> None:
    """Let the planner know how many rows there are now, of every table. A transaction of its own."""
    with db.engine.begin() as connection:
        connection.execute(_ALLOWED[WORK])
        connection.execute(_REFRESH)


@event.listens_for(PortalSession, "after_commit")
def _committed(session: Session) -> None:
    for act in session.info.pop("after_commit", []):
        try:
            act()
        except Exception:
            log.exception("what waited for the commit failed; the sweep will find it")


@event.listens_for(PortalSession, "after_rollback")
def _rolled_back(session: Session) -> None:
    session.info.pop("after_commit", None)
