"""The form that could not be filed when it was posted, its session over or another person's: sealed, kept for an hour, for
whom it was drawn only."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import insert

from portal.identity import queries
from portal.identity.models import FiledForm, KeptForm
from portal.kernel import clock
from portal.kernel.db import db
from portal.kernel.refusals import Invisible
from portal.vault.encryption import open_sealed, seal

KEPT_FOR = timedelta(hours=1)
FILED_FOR = timedelta(days=1)
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


def keep(person_id: int, path: str, fields: Sequence[tuple[str, str]], files: bool, *, waits: bool = False) -> UUID | None:
    """Keep what was posted when the session had expired, sealed, for an hour, for this person only. Too long: None. It
    `waits` where this person is not the one who is here: he is led to it when he signs in."""
    content = json.dumps({"fields": list(fields), "files": files}, ensure_ascii=False).encode("utf-8", "replace")
    if len(path) > 300 or len(content) > KEPT_AT_MOST or (not fields and not files):
        return None
    forget_old()
    if queries.count_kept(person_id) >= KEPT_EACH:
        return None
    kept_id = uuid4()
    db.session.add(
        KeptForm(
            id=kept_id,
            person_id=person_id,
            path=path,
            sealed=seal(content, f"kept_form:{kept_id}"),
            kept_at=clock.now(),
            waits=waits,
        )
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


def waiting(person_id: int) -> UUID | None:
    """What was set aside for this person while somebody else was here, the newest first."""
    return queries.waiting_form(person_id, clock.now(), KEPT_FOR)


def shown(person_id: int, kept_id: UUID) -> None:
    """He has seen it: he is led to it no more."""
    db.session.execute(update(KeptForm).where(KeptForm.id == kept_id, KeptForm.person_id == person_id).values(waits=False))


def drop(person_id: int, kept_id: UUID) -> None:
    """Throw away what was kept."""
    db.session.execute(delete(KeptForm).where(KeptForm.id == kept_id, KeptForm.person_id == person_id))


def drop_all(person_id: int) -> None:
    """Throw away what was kept for this person: whoever comes next under his name may be somebody else."""
    db.session.execute(delete(KeptForm).where(KeptForm.person_id == person_id))


def file(person_id: int, key: UUID, led_to: str) -> None:
    """This person has filed the form of this key, and is led there; the first time counts."""
    if len(led_to) > 300:
        return
    row = {"key": key, "person_id": person_id, "led_to": led_to, "filed_at": clock.now()}
    db.session.execute(insert(FiledForm).values(row).on_conflict_do_nothing())


def led_to(person_id: int, key: UUID) -> str | None:
    """Where this person was led when he filed the form of this key; None where he has not, or it is long ago."""
    return queries.filed_form(person_id, key, clock.now() - FILED_FOR)


def forget_old() -> None:
    """Remove what has been kept for its hour, and what was filed a day ago."""
    db.session.execute(delete(FiledForm).where(FiledForm.filed_at <= clock.now() - FILED_FOR))
    db.session.execute(delete(KeptForm).where(KeptForm.kept_at <= clock.now() - KEPT_FOR))
