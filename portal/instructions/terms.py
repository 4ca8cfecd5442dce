"""办理期限: how long an instruction may take, by its level and urgency, as the city has set it."""

from __future__ import annotations

from portal.deadlines import reckon
from portal.deadlines.queries import calendar_of, rules_of
from portal.deadlines.reckon import Deadline
from portal.kernel.db import db
from portal.matters.kinds import Terms
from portal.matters.models import Matter


def _closing(matter: Matter, version: int | None) -> Deadline:
    rules, calendar = rules_of(db.session(), version), calendar_of(db.session())
    return reckon.closing(matter.received_on, matter.source_level, matter.urgency, rules, calendar)


def _feedback(matter: Matter, version: int | None) -> Deadline | None:
    rules, calendar = rules_of(db.session(), version), calendar_of(db.session())
    return reckon.first_feedback(matter.received_on, matter.source_level, matter.urgency, rules, calendar)


def _version() -> int:
    return rules_of(db.session()).version


TERMS = Terms(closing=_closing, feedback=_feedback, version=_version)
