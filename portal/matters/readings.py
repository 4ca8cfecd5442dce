"""Who read what is confidential: for the supervision head, readers by name, never content.

It lists readings alone; who may read now is not shown, so that the page names nobody before he has read.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from portal.access.models import Audience
from portal.access.roles import Role, post_name
from portal.audit.models import Reading
from portal.identity.models import Person
from portal.kernel import clock
from portal.kernel.db import db
from portal.kernel.language import _l
from portal.matters.audience import GRANT
from portal.matters.models import Matter
from portal.network.models import Post, Unit
from portal.network.queries import in_force

WHAT = {
    "page": _l("阅读"),
    "list": _l("在列表中看到"),
    "slip": _l("阅读交办单"),
    "report": _l("阅读报结材料"),
    "export": _l("导出"),
    "download": _l("下载"),
}


@dataclass(frozen=True, slots=True)
class Read:
    """One reading."""

    at: datetime
    person: str
    post: str
    unit: str
    what: str
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Granted:
    """One reading that the supervision head granted."""

    id: int
    person: str
    post: str
    reason: str
    since: datetime
    until: datetime
    over: bool


def grants_of(matter: Matter, limit: int = 200) -> list[Granted]:
    """The granted readings, newest first; beside each person one of his posts of today."""
    rows = db.session.execute(
        select(Audience, Person.name, Post.role, Unit.name)
        .join(Person, Person.id == Audience.person_id)
        .outerjoin(Post, (Post.person_id == Person.id) & in_force(clock.today()))
        .outerjoin(Unit, Unit.id == Post.unit_id)
        .where(Audience.record_id == matter.id, Audience.cause == GRANT)
        .order_by(Audience.id.desc(), Post.id)
        .limit(limit)
    )
    found: dict[int, Granted] = {}
    for row, name, role, unit in rows:
        until = row.to_at or row.from_at
        post = post_name(unit, Role(role)) if role else ""
        found.setdefault(row.id, Granted(row.id, name, post, row.note or "", row.from_at, until, until <= clock.now()))
    return list(found.values())


def readings_of(matter: Matter, limit: int = 200) -> list[Read]:
    """The readings, newest first."""
    rows = db.session.execute(
        select(Reading, Person.name, Post.role, Unit.name)
        .join(Person, Person.id == Reading.person_id)
        .outerjoin(Post, Post.id == Reading.post_id)
        .outerjoin(Unit, Unit.id == Reading.unit_id)
        .where(Reading.record_id == matter.id)
        .order_by(Reading.id.desc())
        .limit(limit)
    )
    return [
        Read(reading.at, name, str(Role(role).label) if role else "", unit or "", str(WHAT.get(reading.what, reading.what)))
        for reading, name, role, unit in rows
    ]
