"""推荐联络员: a secretariat asks chosen units for their liaison officers by a date: a collection, whose answers are
`nominations`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from portal.access.actor import Actor, Standing
from portal.access.policy import allowed, covers
from portal.access.roles import Role
from portal.audit import journal
from portal.collections import queries
from portal.collections import service as collections
from portal.collections.models import Collection
from portal.collections.rules import MOST_ASKED, Kind, day_fault
from portal.identity.queries import hold_person
from portal.kernel.db import current_city
from portal.kernel.language import _
from portal.kernel.refusals import Invalid, Invisible
from portal.network.acts import KEEP_PEOPLE
from portal.network.models import ORGANS, Unit
from portal.network.queries import recipients_of
from portal.staffing.service.appointing import unit_kept


def _answering(units: Sequence[int]) -> dict[int, list[int]]:
    """Of each unit the office directors, else the principal leaders."""
    if not units:
        return {}
    found = recipients_of(units, (Role.OFFICE_DIRECTOR,))
    if without := [unit_id for unit_id, people in found.items() if not people]:
        found |= recipients_of(without, (Role.PRINCIPAL_LEADER,))
    return found


DRIVE = Kind("drive", asked="nominate", urged="nominate_urged", answering=_answering, reminded_before=timedelta(days=3))


def open_drive(
    actor: Actor,
    unit_id: int,
    *,
    levels: Sequence[str],
    kinds: Sequence[str],
    title: str,
    words: str | None,
    until: date,
) -> Collection:
    """Ask the units of these levels and kinds in the subtree for their liaison officers by a date. Refused: Forbidden
    outside one's own subtree; Invalid for a day that is past or far off, for nobody, and for more units than 3000."""
    root, standing = unit_kept(actor, unit_id)
    faults = {}
    if not title:
        faults["title"] = _("请填写标题")
    if fault := day_fault(until):
        faults["until"] = fault
    chosen = (
        Unit.city_id == current_city(), Unit.retired_on.is_(None), Unit.path.contains([root.id]),
        Unit.kind.not_in(ORGANS), Unit.level.in_(levels), Unit.kind.in_(kinds),
    )  # fmt: skip
    asked = queries.how_many(*chosen)
    if not asked:
        faults["kinds"] = _("所选范围内没有单位，请换一个层级或类别")
    elif asked > MOST_ASKED:
        faults["kinds"] = _("所选范围有 %(count)s 个单位，一次最多 %(most)s 个", count=asked, most=MOST_ASKED)
    if faults:
        raise Invalid(_("没有发出"), fields=faults)
    hold_person(actor.person_id)  # a form sent twice asks once
    if queries.is_asked(DRIVE, root.id, title, until):
        raise Invalid(_("没有发出"), fields={"title": _("同名、同日截止的推荐已经发出")})
    drive = collections.ask(
        DRIVE, chosen, person_id=actor.person_id, unit_id=root.id, title=title, words=words or None, until=until, asked=asked
    )
    journal.record(
        actor, "open_drive", "drive", drive.id, standing=standing,
        after={"unit_id": root.id, "asked": asked, "until": until.isoformat()},
    )  # fmt: skip
    return drive


def not_reached(drive: Collection, only: int | None = None) -> list[str]:
    """The units that have not answered and in which nobody is told, by name: no office director, no principal leader."""
    return collections.not_reached(DRIVE, drive, only)


def drive_kept(actor: Actor, drive_id: int, *, lock: bool = False) -> tuple[Collection, Standing | None]:
    """The drive, for the secretariat that keeps its unit; Invisible for everybody else."""
    drive = queries.collection_by_id(DRIVE, drive_id, lock=lock)
    decision = allowed(actor, KEEP_PEOPLE, drive.unit) if drive is not None else None
    if drive is None or not decision:
        raise Invisible
    return drive, decision.standing


def drives_of(actor: Actor) -> list[tuple[Collection, int]]:
    """The drives of the subtrees that one keeps, the latest first, each with how many have answered."""
    mine = {s.for_unit_id for s in actor.standings if s.role == Role.SECRETARIAT and covers(s, KEEP_PEOPLE)}
    return queries.latest(DRIVE, mine)


def urge(actor: Actor, drive_id: int, only: int | None = None) -> tuple[Collection, int]:
    """催报: tell again whoever has not answered, all or one; counted. The drive, and how many persons were told."""
    drive, standing = drive_kept(actor, drive_id, lock=True)
    if drive.closed_at is not None:
        raise Invalid(_("这次推荐已经结束"))
    told = collections.urge(DRIVE, drive, actor.person_id, only)
    journal.record(actor, "urge_drive", "drive", drive.id, standing=standing, after={"urges": drive.urges, "told": told})
    return drive, told


def close_drive(actor: Actor, drive_id: int) -> Collection:
    """The drive ends: nobody answers any more, nobody is reminded. Ended already: nothing more happens."""
    drive, standing = drive_kept(actor, drive_id, lock=True)
    if collections.close(drive):
        journal.record(actor, "close_drive", "drive", drive.id, standing=standing)
    return drive


def remind() -> None:
    """Part of every sweep: three days before a drive ends, the units that have not answered are reminded once."""
    collections.remind(DRIVE)
