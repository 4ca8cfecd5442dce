"""Database, keys and files belong together: the portal refuses to start with keys that are not those its database was
written with, or with files whose database is not there. Nothing is made anew for what is missing."""

from __future__ import annotations

import hashlib
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from portal.config import NotFit, Settings
from portal.kernel.city import all_cities
from portal.kernel.db import db
from portal.kernel.installation import THERE, Installation, installation
from portal.vault import encryption


class NotItsOwn(NotFit):
    """A key or files of another installation; the message says what to put back."""


def refuse_unless_ours(settings: Settings) -> None:
    """Before anyone is served, in an app context: raises NotItsOwn. The keys of a first start are remembered."""
    if not db.session.scalar(THERE):
        db.session.rollback()
        return  # tables of an earlier version: /readyz says so
    row = installation(lock=True)
    _refuse_other_vault_key(row, settings.vault_key_file)
    mine = _id_of(settings.secret_key())
    if row.secret_key not in (None, mine):
        raise NotItsOwn(
            f"{settings.secret_key_file} is not the key that this installation signs with: put the right one back, or, if it was "
            "replaced on purpose, say so with `flask secret-key accept`; everybody then signs in again."
        )
    if settings.production and not all_cities() and any(settings.files_dir.iterdir()):
        raise NotItsOwn(
            f"There are uploaded files in {settings.files_dir}, but no city in the database: this is not the database they belong "
            "to. Put that one in place, name it with DATABASE_URL, or move the files away. Nothing was changed."
        )
    row.secret_key = mine
    db.session.commit()


def refuse_other_vault_key(settings: Settings) -> None:
    """Before a command, in an app context: raises NotItsOwn. Where there is no database to ask, the command says so itself."""
    try:
        if db.session.scalar(THERE):
            _refuse_other_vault_key(installation(lock=True), settings.vault_key_file)
        db.session.commit()
    except SQLAlchemyError:
        db.session.rollback()


def accept_secret_key(settings: Settings) -> None:
    """The key at hand signs from now on."""
    installation(lock=True).secret_key = _id_of(settings.secret_key())
    db.session.commit()


def _refuse_other_vault_key(row: Installation, file: Path) -> None:
    at_hand = encryption.key_ids()
    missing = sorted(set(row.vault_keys).difference(at_hand))
    if missing:
        db.session.rollback()
        raise NotItsOwn(
            f"{file} does not hold the key that this database's content was sealed with (key {', '.join(missing)}; at hand "
            f"{', '.join(at_hand)}): put it back from where it is kept apart. Several keys may stand in the file, one a line; the "
            "first seals. Nothing was changed."
        )
    if at_hand[0] not in row.vault_keys:
        row.vault_keys = [*row.vault_keys, at_hand[0]]


def _id_of(secret_key: str) -> str:
    return hashlib.sha256(b"duban secret key\0" + secret_key.encode()).hexdigest()[:16]
