"""Who read what is confidential: for the supervision head, readers by name, never content.

It lists readings alone; who may read now is not shown, so that the page names nobody before he has read.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from portal.access.roles import Role
from portal.audit.models import Reading
from portal.identity.models import Person
from portal.kernel.db import db
from portal.kernel.language import _l
from portal.matters.models import Matter
from portal.network.models import Post, Unit

WHAT = {"page": _l("阅读"), "slip": _l("阅读交办单"), "report": _l("阅读报结材料"), "download": _l("下载")}


@dataclass(frozen=True, slots=True)
class Read:
    """One reading."""

    at: datetime
    person: str
    post: str
    unit: str
    what: str
    cause: str = ""


def readings_of(matter: Matter, limit: int = 200) -> list[Read]:
    """The readings, newest first."""
    rows = db.session.execute(
        select(Reading, Person.name, Post.role, Unit.name)
        .join(Person, Person.id == Reading.person_id)
        .outerjoin(Post, Post.id == Reading.post_id)
        .outerjoin(Unit, Unit.id == Reading.unit_id)
        .where(Reading.matter_id == matter.id)
        .order_by(Reading.id.desc())
        .limit(limit)
    )
    return [
        Read(reading.at, name, str(Role(role).label) if role else "", unit or "", str(WHAT.get(reading.what, reading.what)))
        for reading, name, role, unit in rows
    ]

