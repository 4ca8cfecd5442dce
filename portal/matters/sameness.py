"""What makes two instructions the same one, and how a confidential one is recognised by it when it comes again: by a keyed
digest of those words, which nobody can make who only reads the database."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from uuid import UUID

from sqlalchemy import select

from portal.access.actor import SYSTEM
from portal.access.visibility import as_seen_by
from portal.kernel.db import current_city, db
from portal.matters.models import Matter, MatterContent, State
from portal.vault.words import keyed_digests

Key = tuple[str, str, str, str, str]
"""Source level, leader, date of instruction, title, document number."""


def key_of(level: str, leader: str, instructed_on: date | str, title: str, document_number: str | None) -> Key:
    """What is compared."""
    return (str(level), leader, str(instructed_on), title, document_number or "")


def take_fingerprint(matter: Matter, content: MatterContent) -> None:
    """Keep by what a confidential instruction is recognised, as its words are now."""
    if matter.confidential:
        content.fingerprint = _prints(_key(matter, content))[0]


def registered(keys: Iterable[Key], offices: Collection[int]) -> dict[Key, UUID]:
    """Of these, the confidential instructions that units with these ids registered already, and are not withdrawn."""
    wanted = {print_: key for key in set(keys) for print_ in _prints(key)}
    if not wanted or not offices:
        return {}
    _take_missing(offices)
    rows = db.session.execute(
        select(Matter.id, MatterContent.fingerprint)
        .join(MatterContent, MatterContent.matter_id == Matter.id)
        .where(
            MatterContent.city_id == current_city(),
            MatterContent.confidential,
            MatterContent.fingerprint.in_(wanted),
            Matter.registering_unit_id.in_(offices),
            Matter.state != State.WITHDRAWN,
        )
        .order_by(Matter.registered_at)
        .options(as_seen_by(SYSTEM))
    )
    return {wanted[print_]: matter_id for matter_id, print_ in rows if print_}


def _take_missing(offices: Collection[int]) -> None:
    """Of what was registered before there were fingerprints, they are taken when they are first asked for."""
    rows = db.session.execute(
        select(Matter, MatterContent)
        .join(MatterContent, MatterContent.matter_id == Matter.id)
        .where(MatterContent.confidential, MatterContent.fingerprint.is_(None), Matter.registering_unit_id.in_(offices))
        .options(as_seen_by(SYSTEM))
    ).all()
    for matter, content in rows:
        take_fingerprint(matter, content)
    db.session.flush()


def _key(matter: Matter, content: MatterContent) -> Key:
    return key_of(str(matter.source_level), content.leader, matter.instructed_on, content.title, content.document_number)


def _prints(key: Key) -> list[str]:
    return keyed_digests(key, f"instruction:{current_city()}")
