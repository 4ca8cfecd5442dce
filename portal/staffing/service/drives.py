"""推荐联络员: a secretariat asks chosen units for their liaison officers by a date. Who has not answered is shown, may be
urged, and is reminded once before the end. What the units answer: `nominations`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, func, insert, literal, select
from sqlalchemy.orm import joinedload

from portal.access.actor import Actor, Standing
from portal.access.policy import allowed, covers
from portal.access.roles import Role
from portal.audit import journal
from portal.identity.pace import MOST_URGES, keep_pace
from portal.identity.queries import hold_person
from portal.kernel import clock
from portal.kernel.db import current_city, db
from portal.kernel.language import _
from portal.kernel.refusals import Invalid, Invisible
from portal.network.acts import KEEP_PEOPLE
from portal.network.models import ORGANS, Unit
from portal.network.queries import recipients_of
from portal.notify.service import tell_each
from portal.staffing.models import Drive, Nomination
from portal.staffing.rules import MOST_ASKED, REMINDED_BEFORE
from portal.staffing.service.appointing import unit_kept

LONGEST = timedelta(days=180)


def open_drive(
    actor: Actor,
    unit_id: int,
    *,
    levels: Collection[str],
    kinds: Collection[str],
    title: str,
    words: str | None,
    until: date,
) -> Drive:
    """Ask the units of these levels and kinds in the subtree for their liaison officers by a date. Refused: Forbidden
    outside one's own subtree; Invalid for a day that is past or far off, for nobody, and for more units than 3000."""
    root, standing = unit_kept(actor, unit_id)
    faults = {}
    if not title:
        faults["title"] = _("请填写标题")
    if until <= clock.today():
        faults["until"] = _("截止日期须晚于今日")
    elif until > clock.today() + LONGEST:
        faults["until"] = _("截止日期最远 %(days)s 天", days=LONGEST.days)
    chosen = (
        Unit.city_id == current_city(), Unit.retired_on.is_(None), Unit.path.contains([root.id]),
        Unit.kind.not_in(ORGANS), Unit.level.in_(levels), Unit.kind.in_(kinds),
    )  # fmt: skip
    asked = db.session.scalar(select(func.count()).select_from(Unit).where(*chosen)) or 0
    if not asked:
        faults["kinds"] = _("所选范围内没有单位，请换一个层级或类别")
    elif asked > MOST_ASKED:
        faults["kinds"] = _("所选范围有 %(count)s 个单位，一次最多 %(most)s 个", count=asked, most=MOST_ASKED)
    if faults:
        raise Invalid(_("没有发出"), fields=faults)
    hold_person(actor.person_id)  # a form sent twice asks once
    if db.session.scalar(
        select(Drive.id)
        .where(Drive.unit_id == root.id, Drive.title == title, Drive.until == until, Drive.closed_at.is_(None))
        .limit(1)
    ):
        raise Invalid(_("没有发出"), fields={"title": _("同名、同日截止的推荐已经发出")})
    soon = until - timedelta(days=REMINDED_BEFORE) <= clock.today()
    drive = Drive(
        unit_id=root.id, title=title, words=words or None, until=until, asked=asked, opened_by_id=actor.person_id,
        opened_at=clock.now(), reminded_at=clock.now() if soon else None,
    )  # fmt: skip
    db.session.add(drive)
    db.session.flush()
    db.session.execute(
        insert(Nomination).from_select(
            ["drive_id", "unit_id"], select(literal(drive.id), Unit.id).where(*chosen).order_by(Unit.code)
        )
    )
    journal.record(
        actor, "open_drive", "drive", drive.id, standing=standing,
        after={"unit_id": root.id, "asked": asked, "until": until.isoformat()},
    )  # fmt: skip
    _tell(drive, "nominate", f"drive:{drive.id}")
    return drive


def _tell(drive: Drive, kind: str, key: str, only: int | None = None) -> int:
    """Tell the units that have not answered: their office directors, else their principal leaders. How many were told."""
    which = [Nomination.drive_id == drive.id, Nomination.answered_at.is_(None)]
    if only is not None:
        which.append(Nomination.id == only)
    rows = db.session.execute(
        select(Nomination.id, Unit.id, Unit.name).join(Unit, Unit.id == Nomination.unit_id).where(*which)
    ).all()
    people = _answering([unit_id for _id, unit_id, _name in rows])
    notices = [
        (person_id, f"{key}:{nomination_id}", {"unit": name, "until": drive.until, "about": nomination_id})
        for nomination_id, unit_id, name in rows
        for person_id in people[unit_id]
    ]
    return len(tell_each(kind, notices))


def not_reached(drive: Drive, only: int | None = None) -> list[str]:
    """The units that have not answered and in which nobody is told, by name: no office director, no principal leader."""
    which = [Nomination.drive_id == drive.id, Nomination.answered_at.is_(None)]
    if only is not None:
        which.append(Nomination.id == only)
    units = db.session.execute(
        select(Unit.id, Unit.name).join(Nomination, Nomination.unit_id == Unit.id).where(*which).order_by(Unit.code)
    ).all()
    people = _answering([unit_id for unit_id, _name in units])
    return [name for unit_id, name in units if not people[unit_id]]


def _answering(units: Sequence[int]) -> dict[int, list[int]]:
    if not units:
        return {}
    found = recipients_of(units, (Role.OFFICE_DIRECTOR,))
    if without := [unit_id for unit_id, people in found.items() if not people]:
        found |= recipients_of(without, (Role.PRINCIPAL_LEADER,))
    return found


def drive_kept(actor: Actor, drive_id: int, *, lock: bool = False) -> tuple[Drive, Standing | None]:
    """The drive, for the secretariat that keeps its unit; Invisible for everybody else."""
    statement = select(Drive).where(Drive.city_id == current_city(), Drive.id == drive_id).options(joinedload(Drive.unit))
    drive = db.session.scalar(statement.with_for_update(of=Drive) if lock else statement)
    decision = allowed(actor, KEEP_PEOPLE, drive.unit) if drive is not None else None
    if drive is None or not decision:
        raise Invisible
    return drive, decision.standing


def drives_of(actor: Actor) -> list[tuple[Drive, int]]:
    """The drives of the subtrees that one keeps, the latest first, each with how many have answered."""
    mine = {s.for_unit_id for s in actor.standings if s.role == Role.SECRETARIAT and covers(s, KEEP_PEOPLE)}
    answered = (
        select(func.count())
        .select_from(Nomination)
        .where(Nomination.drive_id == Drive.id, Nomination.answered_at.is_not(None))
        .correlate(Drive)
        .scalar_subquery()
    )
    rows = db.session.execute(
        select(Drive, answered)
        .join(Unit, Unit.id == Drive.unit_id)
        .where(Drive.city_id == current_city(), Unit.path.overlap(sorted(mine)))
        .options(joinedload(Drive.unit))
        .order_by(Drive.id.desc())
        .limit(50)
    )
    return [(drive, count) for drive, count in rows] if mine else []


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a drive stands: how many asked, answered, appointed."""

    asked: int
    answered: int
    settled: int


SHOWN: dict[str, tuple[ColumnElement[bool], ...]] = {
    "open": (Nomination.answered_at.is_(None),),
    "answered": (Nomination.answered_at.is_not(None), Nomination.settled_at.is_(None)),
    "settled": (Nomination.settled_at.is_not(None),),
    "all": (),
}


def counts_of(drive: Drive) -> Progress:
    """How many units were asked, have answered, have their officer appointed."""
    answered, settled = db.session.execute(
        select(func.count(Nomination.answered_at), func.count(Nomination.settled_at)).where(Nomination.drive_id == drive.id)
    ).one()
    return Progress(drive.asked, answered, settled)


def nominations_of(drive: Drive, show: str, *, after: int = 0, limit: int = 50) -> tuple[list[Nomination], int | None]:
    """A page of a drive's units in order of code, and the place to go on after."""
    found = list(
        db.session.scalars(
            select(Nomination)
            .where(Nomination.drive_id == drive.id, Nomination.id > after, *SHOWN.get(show, ()))
            .options(joinedload(Nomination.unit), joinedload(Nomination.nominee))
            .order_by(Nomination.id)
            .limit(limit + 1)
        )
    )
    more = found[limit - 1].id if len(found) > limit else None
    return found[:limit], more


def urge(actor: Actor, drive_id: int, nomination_id: int | None = None) -> tuple[Drive, int]:
    """催报: tell again whoever has not answered, all or one; counted. The drive, and how many persons were told."""
    drive, standing = drive_kept(actor, drive_id, lock=True)
    if drive.closed_at is not None:
        raise Invalid(_("这次推荐已经结束"))
    keep_pace(actor.person_id, f"urge_drive:{drive.id}:{nomination_id or 'all'}", MOST_URGES)
    drive.urges += 1
    told = _tell(drive, "nominate_urged", f"drive:{drive.id}:urge:{drive.urges}", nomination_id)
    journal.record(actor, "urge_drive", "drive", drive.id, standing=standing, after={"urges": drive.urges, "told": told})
    return drive, told


def close_drive(actor: Actor, drive_id: int) -> Drive:
    """The drive ends: nobody answers any more, nobody is reminded. Ended already: nothing more happens."""
    drive, standing = drive_kept(actor, drive_id, lock=True)
    if drive.closed_at is None:
        drive.closed_at = clock.now()
        journal.record(actor, "close_drive", "drive", drive.id, standing=standing)
    return drive


def remind() -> None:
    """Part of every sweep: three days before a drive ends, the units that have not answered are reminded once."""
    for drive in db.session.scalars(
        select(Drive)
        .where(
            Drive.city_id == current_city(), Drive.closed_at.is_(None), Drive.reminded_at.is_(None),
            Drive.until <= clock.today() + timedelta(days=REMINDED_BEFORE),
        )
        .with_for_update(skip_locked=True)
    ).all():  # fmt: skip
        drive.reminded_at = clock.now()
        _tell(drive, "nominate_urged", f"drive:{drive.id}:before")
