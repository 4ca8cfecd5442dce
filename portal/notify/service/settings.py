"""How a person wants to be told: kept for himself alone, journalled, and refused where the law leaves no choice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from portal.access.actor import Actor
from portal.audit import journal
from portal.deadlines.queries import limits_at
from portal.kernel import clock
from portal.kernel.db import db
from portal.kernel.language import _
from portal.kernel.refusals import Invalid, Invisible, Stale
from portal.notify import channels
from portal.notify.models import NotificationSetting
from portal.notify.queries import Reach, reach_of, wishes_of
from portal.notify.rules import Quiet, Way, Wishes, quiet_fault
from portal.registry.messages import Group

Ways = Mapping[str, Mapping[str, str]]


def reach(actor: Actor) -> Reach:
    """The person's own addresses and settings."""
    found = reach_of([actor.person_id]).get(actor.person_id)
    if found is None:
        raise Invisible
    return found


def save(actor: Actor, wanted: Ways, quiet: Quiet, version: int | None) -> None:
    """Keep these ways ({channel: {group: way}}, for the channels that are open) and quiet hours from now on; what is on
    its way already keeps the way it was told by.

    Raises Invalid, fields named `{channel}_{group}` and `quiet_from`, for a legal group that would be silenced or put
    off, for a way that does not exist, and for quiet hours that cannot be; Stale where they were saved elsewhere since
    `version`."""
    _refuse_impossible(wanted, quiet)
    mine = select(NotificationSetting).where(NotificationSetting.person_id == actor.person_id)
    kept = db.session.scalars(mine.with_for_update().execution_options(populate_existing=True)).one_or_none()
    before = wishes_of(kept)
    ways = dict(before.ways) | {channel: dict(groups) for channel, groups in wanted.items()}
    after = Wishes(ways, quiet)
    if kept is not None and after == before:
        return
    if (kept.version if kept else 0) != version:
        raise _moved()
    if kept is None:
        _write_first(actor, after)
    else:
        kept.ways, kept.version = ways, kept.version + 1
        kept.quiet_from, kept.quiet_to, kept.quiet_days_off = quiet.begins, quiet.ends, quiet.days_off
    journal.record(actor, "settle_notification", "person", actor.person_id, before=_said(before), after=_said(after))


def _write_first(actor: Actor, after: Wishes) -> None:
    row = {
        "person_id": actor.person_id,
        "ways": after.ways,
        "quiet_from": after.quiet.begins,
        "quiet_to": after.quiet.ends,
        "quiet_days_off": after.quiet.days_off,
        "version": 1,
    }
    written = insert(NotificationSetting).values(row).on_conflict_do_nothing(index_elements=["person_id"])
    if db.session.scalar(written.returning(NotificationSetting.person_id)) is None:
        raise _moved()


def _moved() -> Stale:
    return Stale(_("消息设置刚在另一个页面改过，本页没有保存"), changes=(_("下面是您刚才选的；核对后再保存，就以此为准"),))


def _refuse_impossible(wanted: Ways, quiet: Quiet) -> None:
    fields: dict[str, str] = {}
    for channel, groups in wanted.items():
        if channel not in channels.enabled():
            raise Invisible
        for group, way in groups.items():
            if Group(group).legal and way != Way.NOW:
                fields[f"{channel}_{group}"] = _("这类消息必须立即送达，不能汇总，也不能不发")
            elif way not in list(Way):
                fields[f"{channel}_{group}"] = _("请选择一种方式")
    if fault := quiet_fault(quiet.begins, quiet.ends, limits_at(db.session(), clock.now())):
        fields["quiet_from"] = str(fault)
    if fields:
        raise Invalid(_("设置没有保存"), fields=fields)


def _said(wishes: Wishes) -> dict[str, Any]:
    quiet = wishes.quiet
    return {
        "ways": {channel: dict(groups) for channel, groups in wishes.ways.items()},
        "quiet_from": quiet.begins and quiet.begins.isoformat("minutes"),
        "quiet_to": quiet.ends and quiet.ends.isoformat("minutes"),
        "quiet_days_off": quiet.days_off,
    }
