"""Giving a matter to a unit and to its handler: assign, name, decline, reassign. To units below: `forwarding`."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from uuid import UUID

from sqlalchemy import delete

from portal.access.actor import SYSTEM, Actor
from portal.access.policy import allowed, covers
from portal.access.roles import Role
from portal.access.visibility import as_seen_by
from portal.audit import journal
from portal.kernel import clock
from portal.kernel.db import db
from portal.kernel.language import _
from portal.kernel.refusals import Forbidden, Invalid
from portal.matters import acts, audience, clocks, notices, office
from portal.matters.book import BOOK, write_entry
from portal.matters.models import Content, CoUnit, Matter
from portal.matters.queries import co_units as co_units_of
from portal.matters.queries import one, whole_content
from portal.matters.readers import index_viewers
from portal.matters.service.creation import index_words, keep_co_units
from portal.matters.service.taking_away import take_away
from portal.network.models import Post, Unit
from portal.network.queries import Holder, handlers_of
from portal.workflow import engine


def assign(
    actor: Actor,
    matter_id: UUID,
    *,
    version: int | None = None,
    lead_unit: Unit | None,
    co_units: tuple[tuple[Unit, str | None, bool], ...] | None = None,
    requirement: str | None = None,
    handler_post_id: int | None = None,
) -> Matter:
    """交办: give it to its lead unit; a confidential one to a handler whom the supervisor names himself."""
    matter = one(actor, matter_id)
    content = whole_content(matter)
    handler = _handler(lead_unit, handler_post_id)
    helping = matter.co_unit_ids if co_units is None else [unit.id for unit, _task, _sign in co_units]
    engine.move(
        BOOK,
        actor,
        matter,
        "assign",
        version=version,
        content=content,
        lead_unit=lead_unit,
        handler=handler,
        co_units=[unit for unit, _task, _sign in co_units or ()],
        facts={"lead_unit_id": lead_unit.id if lead_unit else None},
        entry_facts={"unit": lead_unit.name if lead_unit else ""},
        then=[partial(give_to, actor, matter, content, lead_unit, handler, co_units, requirement, helping=helping)],
    )
    return matter


def give_to(
    actor: Actor,
    matter: Matter,
    content: Content,
    unit: Unit | None,
    handler: Holder | None,
    co_units: tuple[tuple[Unit, str | None, bool], ...] | None,
    requirement: str | None,
    *,
    helping: Collection[int] = (),
    former: Collection[int] = (),
) -> None:
    """The matter becomes this unit's, and the handler's where one is named already: clocks, audience and notices follow.
    `helping` units are told that they help, `former` persons that it was taken from them."""
    if co_units is not None:
        db.session.execute(
            delete(CoUnit)
            .where(CoUnit.matter_id == matter.id)
            .options(as_seen_by(SYSTEM))
            .execution_options(synchronize_session="fetch")
        )
        content.parts = [p for p in content.parts if p != "co_unit"]
        keep_co_units(matter, content, co_units)
    if requirement is not None:
        content.requirement = requirement
    assert unit is not None
    _leads_alone(matter, content, unit)
    matter.lead_unit = unit
    matter.lead_unit_id = unit.id
    matter.lead_unit_name = unit.name
    matter.assigned_at = clock.now()
    matter.assigned_by_id = actor.person_id
    matter.acknowledged_at = None
    matter.declined = False
    content.handler_id = content.handler_post_id = None
    content.reviewer_id = actor.person_id
    index_words(matter, content)
    db.session.flush()
    clocks.assigned(matter)
    if handler:
        _name(matter, content, handler)
    if matter.confidential:
        audience.shut_out(matter.id, audience.REGISTRAR)
    entry = journal.record(actor, "assigned", "matter", matter.id, confidential=matter.confidential)
    if handler:
        first = ("handler_named", [handler.person_id])
    else:
        first = ("forwarded" if matter.parent_id else "name_handler", notices.lead_desk(matter))
    notices.notify_in_turn(
        matter,
        content,
        entry,
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


def name_handler(actor: Actor, matter_id: UUID, *, version: int | None = None, handler_post_id: int | None) -> Matter:
    """The lead unit's liaison officer or office director names the one handler; of a confidential one, the supervisor."""
    matter = one(actor, matter_id)
    content = whole_content(matter)
    handler = _handler(matter.lead_unit, handler_post_id)

    def then() -> None:
        assert handler is not None
        former = content.handler_id
        _name(matter, content, handler)
        entry = journal.record(actor, "handler_named", "matter", matter.id, confidential=matter.confidential)
        notices.notify(matter, content, entry, "handler_named", [handler.person_id])
        if former and former != handler.person_id:
            notices.notify(matter, content, entry, "handler_replaced", [former])

    engine.move(
        BOOK,
        actor,
        matter,
        "name_handler",
        version=version,
        content=content,
        handler=handler,
        entry_facts={"handler": handler.name if handler else ""},
        then=[then],
    )
    return matter


def name_co_handler(actor: Actor, matter_id: UUID, *, version: int | None = None, handler_post_id: int | None) -> Matter:
    """A co-unit's liaison officer or office director names who does its part."""
    matter = one(actor, matter_id)
    decision = allowed(actor, acts.CO_PROGRESS, matter)
    desk = (Role.LIAISON_OFFICER, Role.OFFICE_DIRECTOR)
    mine = [
        s for s in actor.standings
        if s.role in desk and s.for_unit_id in matter.co_unit_ids and covers(s, acts.CO_PROGRESS)
    ]  # fmt: skip
    if not decision or not mine:
        raise Forbidden(_("须由协办单位的联络员或办公室主任办理"))
    post = db.session.get(Post, handler_post_id) if handler_post_id else None
    part = next((c for c in matter.co_units if post is not None and c.unit_id == post.for_unit_id), None)
    if part is None or part.unit_id not in {s.for_unit_id for s in mine}:
        raise Invalid(_("请选择本单位的承办人"), fields={"handler": _("请选择本单位的承办人")})
    handler = _handler(part.unit, handler_post_id)
    assert handler is not None
    engine.take_turn(BOOK, actor, matter, version)
    part.handler_id = handler.person_id
    content = whole_content(matter)
    write_entry(matter, "name_co_handler", actor, mine[0], facts={"handler": handler.name, "unit": part.unit_name})
    entry = journal.record(actor, "name_co_handler", "matter", matter.id, standing=mine[0])
    notices.notify(matter, content, entry, "co_handler_named", [handler.person_id])
    index_viewers(matter, content)
    return matter


def decline(actor: Actor, matter_id: UUID, *, version: int | None = None, code: str, reason: str) -> Matter:
    """退回交办: not ours, within three working days; back to whoever assigned, where he still supervises it, and the clock
    runs on."""
    matter = one(actor, matter_id)
    content = whole_content(matter)
    unit_name = matter.lead_unit_name

    def then() -> None:
        take_away(actor, matter, content, "decline")
        matter.declined = True
        content.handler_id = content.handler_post_id = None
        if matter.confidential:
            audience.shut_out(matter.id, audience.HANDLER)
        db.session.flush()
        closing = clocks.clock_of(matter, clocks.CLOSING)
        if closing:
            clocks.rungs.cancel(closing)
        entry = journal.record(actor, "declined", "matter", matter.id, confidential=matter.confidential)
        told = office.given_back(matter) if matter.confidential else notices.supervisors(matter)
        notices.notify(matter, content, entry, "declined", told, by=unit_name)

    engine.move(
        BOOK,
        actor,
        matter,
        "decline",
        version=version,
        content=content,
        reason=reason,
        entry_facts={"code": code, "unit": unit_name},
        facts={"code": code},
        then=[then],
    )
    return matter


def reassign_unit(
    actor: Actor,
    matter_id: UUID,
    *,
    version: int | None = None,
    lead_unit: Unit | None,
    reason: str,
    handler_post_id: int | None = None,
) -> Matter:
    """改派: another unit takes it over; the clock runs on."""
    matter = one(actor, matter_id)
    content = whole_content(matter)
    handler = _handler(lead_unit, handler_post_id)
    if lead_unit is not None and lead_unit.id == matter.lead_unit_id:
        raise Invalid(_("现在就由%(unit)s主办，请选择另一个单位", unit=lead_unit.name), fields={"lead_unit": _("请选择另一个单位")})
    told = [*notices.lead_desk(matter), *([content.handler_id] if content.handler_id else [])]
    former = matter.lead_unit_name

    def then() -> None:
        take_away(actor, matter, content, "reassign_unit")
        if matter.confidential:
            audience.shut_out(matter.id, audience.HANDLER)
        journal.record(actor, "reassigned", "matter", matter.id, confidential=matter.confidential)
        give_to(actor, matter, content, lead_unit, handler, None, None, former=told)

    engine.move(
        BOOK,
        actor,
        matter,
        "reassign_unit",
        version=version,
        content=content,
        lead_unit=lead_unit,
        handler=handler,
        reason=reason,
        entry_facts={"unit": lead_unit.name if lead_unit else "", "former": former},
        then=[then],
    )
    return matter
