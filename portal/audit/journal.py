"""Writing the journal: in the act's own transaction, or, for what must survive a refusal, in one of its own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from portal.access.actor import Actor, Standing, System
from portal.audit.models import JournalEntry, Reading
from portal.kernel import clock
from portal.kernel.db import current_city, db


def record(
    actor: Actor | System,
    act: str,
    subject_kind: str,
    subject_id: object,
    *,
    standing: Standing | None = None,
    confidential: bool = False,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> JournalEntry:
    """Write down one act, in the same transaction as the act itself."""
    entry = line(actor, act, subject_kind, subject_id, standing=standing, confidential=confidential, before=before, after=after)
    db.session.add(entry)
    db.session.flush()
    return entry


def line(
    actor: Actor | System,
    act: str,
    subject_kind: str,
    subject_id: object,
    *,
    standing: Standing | None = None,
    confidential: bool = False,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> JournalEntry:
    """The line that `record` writes, for whoever writes it together with other rows."""
    used = standing or getattr(actor, "acting", None)
    return JournalEntry(
        at=clock.now(),
        person_id=actor.person_id,
        post_id=used.post_id if used else None,
        unit_id=used.unit_id if used else None,
        delegation_id=used.delegation_id if used else None,
        act=act,
        subject_kind=subject_kind,
        subject_id=str(subject_id),
        confidential=confidential,
        before=before,
        after=after,
    )


_NOTE = text(
    "INSERT INTO journal_entry (city_id, at, person_id, act, subject_kind, subject_id, confidential, after)"
    " VALUES (:city, :at, :person, :act, :kind, :subject, false, CAST(:after AS jsonb))"
)


def note(act: str, subject_kind: str, subject_id: object, person_id: int | None, **facts: Any) -> None:
    """Write down what must survive a refusal (a failed sign-in, a classification hit), in a short transaction of its
    own, after the refused act was rolled back."""
    city = current_city()
    with Session(db.engine) as own, own.begin():
        own.execute(text("SELECT set_config('app.city', :city, true)"), {"city": str(city or "")})
        own.execute(
            _NOTE,
            {
                "city": city,
                "at": clock.now(),
                "person": person_id,
                "act": act,
                "kind": subject_kind,
                "subject": str(subject_id),
                "after": json.dumps(facts, ensure_ascii=False),
            },
        )


def readings(actor: Actor, matters: Mapping[UUID, str]) -> None:
    """Log that this person was shown the content of these confidential matters, and as what of each."""
    acting = actor.acting
    db.session.add_all(
        Reading(
            record_id=record_id,
            person_id=actor.person_id,
            post_id=acting.post_id if acting else None,
            unit_id=acting.unit_id if acting else None,
            at=clock.now(),
            what=what,
        )
        for record_id, what in matters.items()
    )
