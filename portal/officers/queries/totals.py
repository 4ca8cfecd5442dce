"""How deliveries, sweeps, calendar and database stand, for the system administrator: totals alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, select

from portal.access.actor import SYSTEM
from portal.access.visibility import as_seen_by
from portal.deadlines.queries import calendar_of
from portal.kernel import clock
from portal.kernel.db import current_city, db
from portal.kernel.installation import Installation
from portal.matters.models import Matter
from portal.notify.models import Delivery, Reminder
from portal.officers.models import Sweep

MOST_COUNTED = 1000


@dataclass(frozen=True, slots=True)
class Health:
    """Totals of this city, and of the installation's database."""

    swept_at: datetime | None
    waiting: int
    oldest_due: datetime | None
    doubtful: int
    failed: int
    stopped_at: datetime | None
    reminders_late: int
    held_since: datetime | None  # the database was restored, and the operator has not let go
    database_size: int
    database_version: str


def health() -> Health:
    """How deliveries, sweeps and the database stand, in one statement; counts no further than a thousand."""

    def capped(*where: ColumnElement[bool]) -> Any:
        some = select(Delivery.id).where(Delivery.city_id == current_city(), *where).limit(MOST_COUNTED).subquery()
        return select(func.count()).select_from(some).scalar_subquery()

    waiting = Delivery.state.in_(("waiting", "claimed", "sending"))
    row = db.session.execute(
        select(
            select(Sweep.swept_at).where(Sweep.city_id == current_city()).scalar_subquery().label("swept_at"),
            capped(waiting).label("waiting"),
            select(func.min(Delivery.due_at))
            .where(and_(Delivery.city_id == current_city(), waiting))
            .scalar_subquery()
            .label("oldest_due"),
            capped(Delivery.state == "doubtful").label("doubtful"),
            capped(Delivery.state == "failed").label("failed"),
            select(Sweep.stopped_at).where(Sweep.city_id == current_city()).scalar_subquery().label("stopped_at"),
            select(Installation.restored_at).scalar_subquery().label("held_since"),
            func.pg_database_size(func.current_database()).label("size"),
            func.current_setting("server_version").label("version"),
        )
    ).one()
    return Health(
        row.swept_at, row.waiting, row.oldest_due, row.doubtful, row.failed, row.stopped_at, _late_reminders(), row.held_since,
        row.size, str(row.version).split()[0],
    )  # fmt: skip


def last_sweep() -> Sweep | None:
    """How the city's last sweep stands in the books; None before the first."""
    return db.session.scalar(select(Sweep).where(Sweep.city_id == current_city()).execution_options(populate_existing=True))


def year_without_calendar() -> int | None:
    """The year whose calendar should be imported by now."""
    return calendar_of(db.session()).year_to_import(clock.today())


def _late_reminders() -> int:
    some = (
        select(Reminder.id)
        .where(
            Reminder.city_id == current_city(),
            Reminder.settled_at.is_(None),
            Reminder.send_at < clock.now() - timedelta(minutes=10),
            # They are held back on purpose until the request for more time is decided.
            ~exists().where(Matter.id == Reminder.record_id, Matter.extension_pending),
        )
        .limit(MOST_COUNTED)
        .subquery()
    )
    return db.session.scalar(select(func.count()).select_from(some).options(as_seen_by(SYSTEM))) or 0
