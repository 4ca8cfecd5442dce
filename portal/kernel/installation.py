"""The installation as a whole: what its database remembers of itself, of its keys, and of having been restored.

A restored database knows by itself that it is one. `pg_restore` makes the tables anew, so that this very table has another
number, in a database or a cluster that has another; a copied cluster has all of that too, but its files came to be when they
were copied, which no dump and no copy can carry (`cluster`, told by whoever keeps the embedded server).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, String, select, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.kernel.db import Model, db

THERE = text("SELECT to_regclass('public.installation') IS NOT NULL")
_IDENTITY = text(
    "SELECT concat_ws('.', (SELECT system_identifier FROM pg_control_system()), d.oid, 'public.installation'::regclass::oid)"
    " FROM pg_database d WHERE d.datname = current_database()"
)


class Installation(Model):
    """The one row. `identity` and `cluster` are those of the database that wrote it. From `restored_at` until the operator
    lets go nothing is sent; `copied_at` is the newest moment that the copy knew of. `vault_keys` are the ids of all keys that
    ever sealed for it, `secret_key` that of the key that signs."""

    __tablename__ = "installation"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    identity: Mapped[str | None] = mapped_column(String(60))
    cluster: Mapped[str | None] = mapped_column(String(60))
    restored_at: Mapped[datetime | None]
    copied_at: Mapped[datetime | None]
    vault_keys: Mapped[list[Any]]
    secret_key: Mapped[str | None] = mapped_column(String(16))


def installation(*, lock: bool = False) -> Installation:
    """The row as it stands in the database now; locked until the transaction ends where that is asked."""
    wanted = select(Installation).execution_options(populate_existing=True)
    return db.session.scalars(wanted.with_for_update() if lock else wanted).one()


def is_held() -> bool:
    """Whether this is a restored database that the operator has not let go."""
    return db.session.scalar(select(Installation.restored_at)) is not None


def identity_now() -> str:
    """What the database is, by its own numbers."""
    return str(db.session.scalar(_IDENTITY))
