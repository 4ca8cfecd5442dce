"""The form that an expired session had posted: sealed, kept for an hour, for its sender only."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import delete

from portal.identity import queries
from portal.identity.models import KeptForm
from portal.kernel import clock
from portal.kernel.db import db
from portal.kernel.refusals import Invisible
from portal.vault.box import open_sealed, seal

KEPT_FOR = timedelta(hours=1)
KEPT_AT_MOST = 400_000  # octets of one kept form
KEPT_EACH = 20  # forms kept for one person at a time


@dataclass(frozen=True, slots=True)
class Kept:
    """A kept form, opened for its sender. `files`: something was attached that could not be kept."""

    id: UUID
    path: str
    fields: tuple[tuple[str, str], ...]
    files: bool
    kept_at: datetime


def keep(person_id: int, path: str, fields: Sequence[tuple[str, str]], files: bool) -> UUID | None:
    """Keep what was posted when the session had expired, sealed, for an hour, for this person only. Too long: None."""
    content = json.dumps({"fields": list(fields), "files": files}, ensure_ascii=False).encode("utf-8", "replace")
    if len(path) > 300 or len(content) > KEPT_AT_MOST or (not fields and not files):
        return None
    forget_old()
    if queries.count_kept(person_id) >= KEPT_EACH:
        return None
    kept_id = uuid4()
    db.session.add(
        KeptForm(id=kept_id, person_id=person_id, path=path, sealed=seal(content, f"kept_form:{kept_id}"), kept_at=clock.now())
    )
    db.session.flush()
    return kept_id


def find(person_id: int, kept_id: UUID) -> Kept:
    """What was kept, for its sender; anybody else, or after an hour: Invisible."""
    row = queries.kept_form(kept_id, person_id, clock.now(), KEPT_FOR)
    if row is None:
        raise Invisible
    content = json.loads(open_sealed(row.sealed, f"kept_form:{row.id}"))
    return Kept(row.id, row.path, tuple((n, v) for n, v in content["fields"]), content["files"], row.kept_at)


def drop(person_id: int, kept_id: UUID) -> None:
    """Throw away what was kept."""
    db.session.execute(delete(KeptForm).where(KeptForm.id == kept_id, KeptForm.person_id == person_id))


def forget_old() -> None:
    """Remove what has been kept for its hour."""
    db.session.execute(delete(KeptForm).where(KeptForm.kept_at <= clock.now() - KEPT_FOR))
