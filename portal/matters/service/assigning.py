"""Giving a matter to a unit and to its handler: assign, name, decline, reassign. To units below: `forwarding`."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete

from portal.access.actor import SYSTEM
from portal.access.policy import covers
from portal.access.visibility import as_seen_by
from portal.kernel import clock
from portal.kernel.db import db
from portal.kernel.language import _, _l
from portal.kernel.refusals import Invalid
from portal.matters import acts, audience, clocks, notices, office
from portal.matters.models import Content, CoUnit, Matter
from portal.matters.predicates import desk_of_co_unit
from portal.matters.queries import co_units as co_units_of
from portal.matters.rules import Lead
from portal.matters.service.creation import index_words, keep_co_units
from portal.matters.service.taking_away import take_away
from portal.matters.workflow import MatterDoing
from portal.network.models import Post, Unit
from portal.network.queries import Holder, handlers_of
from portal.workflow.verbs import Said, need

Helping = tuple[tuple[Unit, str | None, bool], ...]
"""Units that help, each with its task and whether it countersigns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment(Lead):
    """To whom it is assigned. `co_units` and `requirement` None: as they were registered."""

    co_units: Helping | None = None
    requirement: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming(Said):
    """The post of whoever is named."""

    post_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Declining(Said):
    """Why it is not this unit's, by one of `rules.DECLINE_REASONS` and in words."""

    code: str


def assign(doing: MatterDoing[Assignment]) -> None:
    """交办: give it to its lead unit; a confidential one to a handler whom the supervisor names himself."""
    given, matter = doing.given, doing.record
    assert given.lead_unit is not None
    doing.facts["unit"] = given.lead_unit.name
    doing.after["lead_unit_id"] = given.lead_unit.id
    helping = matter.co_unit_ids if given.co_units is None else [unit.id for unit, _task, _sign in given.co_units]
    if given.co_units is not None:
        db.session.execute(
            delete(CoUnit)
            .where(CoUnit.matter_id == matter.id)
            .options(as_seen_by(SYSTEM))
            .execution_options(synchronize_session="fetch")
        )
        doing.whole.parts = [p for p in doing.whole.parts if p != "co_unit"]
        keep_co_units(matter, doing.whole, given.co_units)
    if given.requirement is not None:
        doing.whole.requirement = given.requirement
    give_to(doing, given.lead_unit, _handler(given.lead_unit, given.handler_post_id), helping=helping)


@need(_l("协办单位不是办事机构，也不是主办单位；限定知悉的没有协办单位"))
def fit_to_help(matter: Matter, given: Assignment | None) -> str | None:
    """The co-units, of a matter that may have any."""
    if given is None or not given.co_units:
        return None
    if matter.confidential:
        return _("限定知悉的事项不设协办单位")
    for unit, _task, _sign in given.co_units:
        if unit.is_organ:
            return _("%(unit)s是办事机构，不作协办单位", unit=unit.name)
        if given.lead_unit is not None and unit.id == given.lead_unit.id:
            return _("%(unit)s已是主办单位，不能同时协办", unit=unit.name)
    return None


def give_to(
    doing: MatterDoing[Any], unit: Unit, handler: Holder | None, *, helping: Collection[int] = (), former: Collection[int] = ()
) -> None:
    """The matter becomes this unit's, and the handler's where one is named already: clocks, audience and messages follow.
    `helping` units are told that they help, `former` persons that it was taken from them."""
    matter, content = doing.record, doing.whole
    _leads_alone(matter, content, unit)
    matter.lead_unit = unit
    matter.lead_unit_id = unit.id
    matter.lead_unit_name = unit.name
    matter.assigned_at = clock.now()
    matter.assigned_by_id = doing.person_id
    matter.acknowledged_at = None
    matter.declined = False
    content.handler_id = content.handler_post_id = None
    content.reviewer_id = doing.person_id
    index_words(matter, content)
    db.session.flush()
    clocks.assigned(matter)
    if handler:
        _name(matter, content, handler)
    if handler:
        first = ("handler_named", [handler.person_id])
    else:
        first = ("forwarded" if matter.parent_id else "name_handler", notices.lead_desk(matter))
    notices.notify_in_turn(
        matter,
        content,
        doing,
        first,
        ("co_assigned", notices.helpers(matter, helping)),
        ("county_informed", notices.supervision_between(matter)),
        ("reassigned", former),
    )


def _leads_alone(matter: Matter, content: Content, unit: Unit) -> None:
    """Who leads does not help."""
    left = [part for part in co_units_of(SYSTEM, matter) if part.unit_id != unit.id]
    db.session.execute(
        delete(CoUnit)
        .where(CoUnit.matter_id == matter.id, CoUnit.unit_id == unit.id)
        .options(as_seen_by(SYSTEM))
        .execution_options(synchronize_session="fetch")
    )
    matter.co_units, matter.co_unit_ids = left, tuple(part.unit_id for part in left)
    if not left:
        content.parts = [part for part in content.parts if part != "co_unit"]


def _handler(unit: Unit | None, post_id: int | None) -> Holder | None:
    if unit is None or post_id is None:
        return None
    holder = next((h for h in handlers_of(unit.id) if h.post_id == post_id), None)
    if holder is None:
        raise Invalid(
            _("所选的人不在%(unit)s的承办岗位上，请重新选择", unit=unit.name),
            fields={"handler": _("请选择该单位现任的承办人")},
        )
    return holder


def _name(matter: Matter, content: Content, handler: Holder) -> None:
    content.handler_id, content.handler_post_id = handler.person_id, handler.post_id
    if matter.confidential:
        audience.replace(matter.id, [handler.person_id], audience.HANDLER)
    db.session.flush()


def name_handler(doing: MatterDoing[Naming]) -> None:
    """The lead unit's liaison officer or office director names the one handler; of a confidential one, the supervisor."""
    matter, content, former = doing.record, doing.whole, doing.whole.handler_id
    handler = _handler(matter.lead_unit, doing.given.post_id)
    assert handler is not None
    _name(matter, content, handler)
    doing.facts["handler"] = handler.name
    replaced = [former] if former and former != handler.person_id else []
    notices.notify_in_turn(matter, content, doing, ("handler_named", [handler.person_id]), ("handler_replaced", replaced))


@need(_l("已选承办人"))
def has_handler(_matter: Matter, given: Naming | None) -> str | None:
    """Somebody is named."""
    return _("请选择承办人") if given is not None and not given.post_id else None


def name_co_handler(doing: MatterDoing[Naming]) -> None:
    """A co-unit's liaison officer or office director names who does its part."""
    matter = doing.record
    mine = [s for s in doing.actor.standings if desk_of_co_unit.holds(doing.actor, s, matter) and covers(s, acts.NAME_CO_HANDLER)]
    post = db.session.get(Post, doing.given.post_id) if doing.given.post_id else None
    part = next((c for c in matter.co_units if post is not None and c.unit_id == post.for_unit_id), None)
    if part is None or part.unit_id not in {s.for_unit_id for s in mine}:
        raise Invalid(_("请选择本单位的承办人"), fields={"handler": _("请选择本单位的承办人")})
    handler = _handler(part.unit, doing.given.post_id)
    assert handler is not None
    part.handler_id = handler.person_id
    doing.standing = next(s for s in mine if s.for_unit_id == part.unit_id)
    doing.facts |= {"handler": handler.name, "unit": part.unit_name}
    notices.notify(matter, doing.whole, doing, "co_handler_named", [handler.person_id])


def decline(doing: MatterDoing[Declining]) -> None:
    """退回交办: not ours, within three working days; back to whoever assigned, where he still supervises it, and the clock
    runs on."""
    matter, content = doing.record, doing.whole
    doing.facts |= {"code": doing.given.code, "unit": matter.lead_unit_name}
    doing.after["code"] = doing.given.code
    unit = matter.lead_unit_name
    take_away(doing)
    matter.declined = True
    content.handler_id = content.handler_post_id = None
    db.session.flush()
    closing = clocks.clock_of(matter, clocks.CLOSING)
    if closing:
        clocks.rungs.cancel(closing)
    told = office.given_back(matter) if matter.confidential else notices.supervisors(matter)
    notices.notify(matter, content, doing, "declined", told, by=unit)


@need(_l("不是现在的主办单位"))
def another_unit(matter: Matter, given: Lead | None) -> str | None:
    """Not the unit that has it."""
    if given is not None and given.lead_unit is not None and given.lead_unit.id == matter.lead_unit_id:
        unit = given.lead_unit.name
        raise Invalid(_("现在就由%(unit)s主办，请选择另一个单位", unit=unit), fields={"lead_unit": _("请选择另一个单位")})
    return None


def reassign_unit(doing: MatterDoing[Lead]) -> None:
    """改派: another unit takes it over; the clock runs on."""
    matter, content, unit = doing.record, doing.whole, doing.given.lead_unit
    assert unit is not None
    handler = _handler(unit, doing.given.handler_post_id)
    told = [*notices.lead_desk(matter), *([content.handler_id] if content.handler_id else [])]
    doing.facts |= {"unit": unit.name, "former": matter.lead_unit_name}
    take_away(doing)
    give_to(doing, unit, handler, former=told)
