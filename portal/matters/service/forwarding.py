"""转办: the unit that has a matter passes it to units below it, each as a matter of its own."""

from __future__ import annotations

from datetime import date
from functools import partial
from uuid import UUID

from sqlalchemy import select

from portal.access.actor import SYSTEM, Actor, Standing
from portal.access.policy import allowed
from portal.access.visibility import as_seen_by
from portal.audit import journal
from portal.kernel import clock
from portal.kernel.db import db
from portal.kernel.language import _
from portal.kernel.refusals import Forbidden, Invalid
from portal.matters import acts
from portal.matters.book import BOOK, write_entry
from portal.matters.models import Content, Matter
from portal.matters.queries import one, whole_content
from portal.matters.readers import index_viewers
from portal.matters.service.assigning import give_to
from portal.matters.service.creation import NewMatter, create
from portal.network.models import Unit
from portal.network.queries import has_supervision_office
from portal.workflow import engine


def forward(
    actor: Actor,
    matter_id: UUID,
    *,
    version: int | None = None,
    units: list[Unit],
    requirement: str | None,
    due_on: date | None = None,
) -> list[Matter]:
    """转办: pass it to subordinate units; each gets a matter of its own, due no later than this one."""
    parent = one(actor, matter_id)
    engine.fresh(BOOK, actor, parent, version)
    decision = allowed(actor, acts.FORWARD, parent)
    if not decision:
        raise Forbidden(_("您不能转办此件：%(why)s", why="；".join(decision.unmet)), unmet=decision.unmet)
    if parent.state not in ("assigned", "acknowledged", "in_progress"):
        raise Invalid(_("此件现为“%(state)s”，不能转办", state=parent.state.label))
    if not units:
        raise Invalid(_("请选择转办给哪些下级单位"), fields={"units": _("请至少选择一个下级单位")})
    strange = "、".join(u.name for u in units if u.id == parent.lead_unit_id or parent.lead_unit_id not in u.path)
    if strange:
        raise Invalid(_("只能转办给下级单位，%(unit)s不是下级单位", unit=strange), fields={"units": _("请选择本单位的下级单位")})
    if due_on is not None and not clock.today() <= due_on <= parent.due_on:
        raise Invalid(_("转办期限须在今日与上级期限之间"), fields={"due_on": _("不得早于今日，不得晚于上级事项的期限")})
    engine.take_turn(BOOK, actor, parent)
    already = set(
        db.session.scalars(
            select(Matter.lead_unit_id)
            .where(Matter.parent_id == parent.id, Matter.state != "withdrawn")
            .options(as_seen_by(SYSTEM))
        )
    )
    parent_content = whole_content(parent)
    made = []
    for unit in units:
        if unit.id in already:
            raise Invalid(_("%(unit)s已有本件的转办，不必重复", unit=unit.name), fields={"units": _("有的单位已经转办")})
        made.append(_forward_one(actor, decision.standing, parent, parent_content, unit, requirement, due_on))
    parent_content.mark("child")
    names = "、".join(unit.name for unit in units)
    write_entry(parent, "forwarded", actor, decision.standing, words=requirement, facts={"unit": names})
    journal.record(actor, "forwarded", "matter", parent.id, standing=decision.standing, after={"units": [u.id for u in units]})
    db.session.flush()
    index_viewers(parent, parent_content)
    return made


def _forward_one(
    actor: Actor,
    standing: Standing | None,
    parent: Matter,
    content: Content,
    unit: Unit,
    requirement: str | None,
    due_on: date | None,
) -> Matter:
    assert standing is not None
    assert parent.lead_unit is not None
    child, child_content = create(
        actor,
        standing,
        NewMatter(
            registering_unit=parent.lead_unit,
            source_level=parent.source_level,
            urgency=parent.urgency,
            confidential=False,
            instructed_on=parent.instructed_on,
            received_on=clock.today(),
            title=content.title,
            text=content.text,
            leader=content.leader,
            leader_id=content.leader_id,
            document_number=content.document_number,
            requirement=requirement or content.requirement,
            lead_unit=unit,
            parent=parent,
            due_on=due_on,
        ),
    )
    child.supervised_by_office = has_supervision_office(parent.lead_unit.id)
    engine.move(
        BOOK,
        actor,
        child,
        "forward",
        on=parent,
        content=child_content,
        lead_unit=unit,
        parent=parent,
        entry_facts={"unit": unit.name},
        then=[partial(give_to, actor, child, child_content, unit, None, None, None)],
    )
    return child
