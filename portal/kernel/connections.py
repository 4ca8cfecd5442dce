"""Connections: those that lie in the pool, and go there when the database is restarted; and one that holds a lock.

A connection that has just been given back is used again without being asked whether it is still there: `db.begin` takes another
one where it is not. One that has rested longer is asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Any

import psycopg
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, InvalidatePoolError

from portal.kernel.db import db

if TYPE_CHECKING:
    from sqlalchemy.pool import ConnectionPoolEntry

RESTED = 5.0  # seconds
_SINCE = "rests_since"


def _given_back(_connection: object, entry: ConnectionPoolEntry) -> None:
    entry.info[_SINCE] = monotonic()


def _taken(connection: psycopg.Connection[Any], entry: ConnectionPoolEntry, _proxy: object) -> None:
    """Raises InvalidatePoolError, which makes the pool take a new one, where it has gone."""
    if monotonic() - entry.info.get(_SINCE, monotonic()) < RESTED:
        return
    try:
        connection.execute("SELECT 1")
        connection.rollback()
    except psycopg.Error as gone:
        raise InvalidatePoolError from gone


POOL_EVENTS = [(_given_back, "checkin"), (_taken, "checkout")]
"""As `create_engine` takes them."""


@contextmanager
def alone(key: int) -> Iterator[bool]:
    """Whether nobody else in the installation is inside under this number; without a transaction, so that one may wait
    long in it. It ends with the process, however that ends."""
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        mine = bool(connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": key}))
        try:
            yield mine
        finally:
            if mine:
                try:
                    connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": key})
                except DBAPIError:
                    connection.invalidate()  # it went with the connection
