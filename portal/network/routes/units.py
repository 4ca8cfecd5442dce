"""The page of one unit: what it is, who holds its posts, what lies below it, its open matters as far as the reader sees
them, and what was changed. Eight statements, session and all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask import Response, url_for

from portal.access.actor import Actor
from portal.access.policy import allowed
from portal.access.roles import Role
from portal.kernel.language import _
from portal.kernel.refusals import Invisible
from portal.network import acts, business, queries
from portal.network.models import ChangeKind, Kind, Level, Unit, UnitChange
from portal.network.queries import Placed
from portal.network.routes import HIGHEST_ID, blueprint
from portal.network.routes.changes import TITLES, address_of
from portal.network.routes.tree import node_of
from portal.network.service.wanted import NAMES, act_of
from portal.registry.navigation import Purpose
from portal.web.guards import allows, current_actor
from portal.web.navigation import Button
from portal.web.places import place_url, record_url
from portal.web.responses import page

MOST_MATTERS = 10


@blueprint.get(f"/network/units/<int(max={HIGHEST_ID}):unit_id>")
@allows(acts.READ_NETWORK)
def unit(unit_id: int) -> Response:
    """One unit."""
    place = queries.place_of(unit_id)
    if place is None:
        raise Invisible
    actor, shown = current_actor(), place.unit
    posts = queries.posts_for(shown)
    matters = [] if shown.is_organ else business.open_in(actor, shown.id, MOST_MATTERS + 1)
    history = queries.history_of(shown.id)
    return page(
        "network/unit.html",
        unit=shown,
        path=[(one.name, _url(one)) for one in place.above],
        retired=shown.retired_on,
        heir=(place.heir.name, _url(place.heir)) if place.heir else None,
        facts=_facts(shown),
        posts=[_post(one, shown, actor) for one in posts if one.role != Role.LIAISON_OFFICER],
        liaison=[_post(one, shown, actor) for one in posts if one.role == Role.LIAISON_OFFICER],
        below=[node_of(one, count) for one, count in place.below if one.retired_on is None],
        gone=[node_of(one) for one, _count in place.below if one.retired_on is not None],
        leads=not shown.is_organ,
        matters=[(one, record_url(one.kind, one.id)) for one in matters[:MOST_MATTERS]],
        more_url=place_url(Purpose.REGISTER, unit=shown.code) if len(matters) > MOST_MATTERS else None,
        planned=[_change(one, shown, actor) for one in history if one.planned],
        history=[_change(one, shown, actor) for one in history if not one.planned],
        acts=_acts(actor, shown),
        appoint_url=place_url(Purpose.APPOINT, unit_id=shown.id) if _keeps_people(actor, shown) else None,
        tree_url=url_for("network.branch", unit_id=shown.id),
    )


@dataclass(frozen=True, slots=True)
class _Post:
    role: Any
    person: str
    url: str
    contact_url: str | None
    since: date
    where: str | None
    email: str | None
    delegates: list[str]


@dataclass(frozen=True, slots=True)
class _Change:
    at: datetime
    kind: str
    verb: Any
    what: str
    who: str
    say: str
    tags: list[str]
    from_on: date
    cancel_url: str | None


def _url(unit: Unit) -> str:
    return url_for("network.unit", unit_id=unit.id)


def _facts(unit: Unit) -> list[tuple[str, Any]]:
    facts: list[tuple[str, Any]] = [
        (_("代码"), unit.code), (_("类别"), Kind(unit.kind).label), (_("层级"), Level(unit.level).label),
    ]  # fmt: skip
    if unit.short_name != unit.name:
        facts.append((_("简称"), unit.short_name))
    if unit.official_name:
        facts.append((_("规范名称"), unit.official_name))
    if unit.document_prefix:
        facts.append((_("机关代字"), unit.document_prefix))
    if unit.founded_on:
        facts.append((_("设立"), _day(unit.founded_on)))
    if unit.retired_on:
        facts.append((_("撤销日期"), _day(unit.retired_on)))
    return facts


def _day(day: date) -> str:
    return day.isoformat()


def _post(one: Placed, unit: Unit, actor: Actor) -> _Post:
    reaches = one.role == Role.LIAISON_OFFICER and allowed(actor, acts.KEEP_CONTACT, one)
    return _Post(
        one.role.label, one.person, place_url(Purpose.PERSON, person_id=one.person_id),
        place_url(Purpose.CONTACT, post_id=one.post_id) if reaches else None,
        one.since, one.where if one.unit_id != unit.id else None, one.email, one.delegates,
    )  # fmt: skip


def _keeps_people(actor: Actor, unit: Unit) -> bool:
    return unit.retired_on is None and bool(allowed(actor, acts.KEEP_PEOPLE, unit))


def _change(row: UnitChange, shown: Unit, actor: Actor) -> _Change:
    kind = ChangeKind(row.kind)
    subject = row.unit or row.other
    tags = [_("%(day)s 起", day=_day(row.from_on))]
    if row.refused:
        tags.append(_("未能执行"))
    elif row.cancelled_at:
        tags.append(_("已取消"))
    who = row.person.name
    may = row.planned and subject is not None and bool(allowed(actor, act_of(kind), subject))
    return _Change(
        row.carried_out_at or row.cancelled_at or row.made_at,
        "back" if row.refused or row.cancelled_at else "",
        kind.label,
        _told(row, kind, shown),
        who,
        f"{row.reason}　{row.refused}" if row.refused else row.reason,
        tags,
        row.from_on,
        url_for("network.cancel_change", change_id=row.id) if may else None,
    )


def _told(row: UnitChange, kind: ChangeKind, shown: Unit) -> str:
    """The change as this unit's page tells it."""
    this = row.unit.name if row.unit else ""
    other = row.other.name if row.other else ""
    wanted, before = row.wanted, row.before or {}
    match kind:
        case ChangeKind.FOUND:
            return wanted.get("name", this) if row.unit_id != shown.id else _("在“%(parent)s”下", parent=other)
        case ChangeKind.RENAME:
            was = before or {name: getattr(shown, name) for name in NAMES}
            pairs = [(was.get(name) or _("无"), wanted[name] or _("无")) for name in NAMES
                     if name in wanted and (was.get(name) or "") != (wanted[name] or "")]  # fmt: skip
            return _("；").join(f"{now} → {then}" for now, then in pairs)
        case ChangeKind.MOVE:
            return _("%(unit)s 划到 %(parent)s 之下", unit=this, parent=other)
        case ChangeKind.MERGE:
            return _("%(unit)s 并入 %(heir)s", unit=this, heir=other)
        case ChangeKind.SPLIT:
            return _("由 %(unit)s 分设 %(made)s", unit=this, made=wanted.get("name", other))
    return _("%(unit)s，由 %(heir)s 承接", unit=this, heir=other) if other else this


def _acts(actor: Actor, unit: Unit) -> list[Button]:
    if unit.retired_on is not None:
        return []
    found = []
    for kind, title in TITLES.items():
        fits = not (unit.is_organ and kind in (ChangeKind.FOUND, ChangeKind.SPLIT))
        if fits and allowed(actor, act_of(kind), unit) and (unit.parent_id or act_of(kind) == acts.KEEP_UNIT):
            found.append(Button(address_of(unit, kind), str(title)))
    return found
