"""Whom a rung of the ladder reaches, decided when it fires: `notify`, which asks, knows no matter."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select

from portal.access.actor import SYSTEM
from portal.access.roles import Role
from portal.access.visibility import as_seen_by
from portal.deadlines.ladder import ASSIGNING_SUPERVISOR
from portal.deadlines.queries import ladder_of
from portal.kernel.db import db
from portal.matters import notices
from portal.matters.models import Clock, Content, Matter, State
from portal.matters.office import who_assigned
from portal.network.queries import recipients
from portal.notify.ladder import Answer


def resolve(clock_id: int, matter_id: UUID, rungs: Collection[str]) -> Answer | None:
    """What the matter says of its clock when rungs are due.

    The clock is not locked: whoever moves or stops it must also touch the due rungs, which the sweeper holds; to lock
    both here, in the other order, would deadlock with him.
    """
    row = db.session.execute(
        select(Matter, Content, Clock)
        .join(Content, Content.record_id == Matter.id)
        .join(Clock, Clock.record_id == Matter.id)
        .where(Clock.id == clock_id)
        .execution_options(populate_existing=True)
        .options(as_seen_by(SYSTEM))
    ).first()
    if row is None:
        return None
    matter, content, running = row
    facts = {"number": matter.number, "confidential": matter.confidential}
    if not matter.confidential:
        facts |= {"title": content.title, "unit": matter.lead_unit_name or ""}
    ladder = ladder_of(db.session(), running.ladder_version)
    return Answer(
        generation=running.generation,
        running=running.stopped_at is None and matter.open,
        due_on=running.due_on,
        ladder=ladder,
        facts=facts,
        persons={rung: persons_of(matter, content, ladder.rung(rung).goes_to(matter.confidential)) for rung in rungs},
        waits=matter.extension_pending,
    )


def persons_of(matter: Matter, content: Content, roles: Collection[str]) -> list[int]:
    """The persons behind a rung's roles, as of now. With no handler named yet, the lead unit's desk is reminded."""
    found: list[int] = []
    for role in roles:
        if role == "handler":
            found += [content.handler_id] if content.handler_id else _without_handler(matter)
        elif role == ASSIGNING_SUPERVISOR:
            found += who_assigned(matter)
        elif role == Role.SUPERVISION_HEAD:
            found += notices.heads(matter)
        elif matter.lead_unit_id and not matter.confidential and matter.state != State.REGISTERED:
            found += recipients(matter.lead_unit_id, (Role(role),))
    return list(dict.fromkeys(found))


def _without_handler(matter: Matter) -> list[int]:
    return notices.supervisors(matter) if matter.state == State.REGISTERED else notices.lead_desk(matter)
