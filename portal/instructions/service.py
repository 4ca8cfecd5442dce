"""The verbs of the registering office: register, amend, new round; and which unit the assign page proposes.

A registration is filed by the unit for which the supervisor acts. It may be corrected freely before it is assigned,
later with a reason; whoever works on it is told. Secrecy is settled at registration and never changes here.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import delete

from portal.access.actor import SYSTEM, Actor, Standing
from portal.access.policy import Decision, allowed
from portal.access.record import Record
from portal.access.visibility import as_seen_by
from portal.audit import journal
from portal.deadlines.formatting import day_words
from portal.instructions import acts
from portal.instructions.queries import get_instruction
from portal.instructions.rules import INSTRUCTION, Registration, faults_of, marked
from portal.kernel.db import current_city, db
from portal.kernel.language import _
from portal.kernel.refusals import Forbidden, Invalid
from portal.matters import notices
from portal.matters.acts import AMEND, NEW_ROUND
from portal.matters.models import ENDED, Content, CoUnit, Matter, State
from portal.matters.queries import first_assigned_on, whole_content
from portal.matters.sameness import Paper, registered
from portal.matters.service import renewing
from portal.matters.service.creation import DuplicateSubmission, NewMatter, create, keep_co_units
from portal.matters.service.renewing import Followed
from portal.matters.workflow import WORKFLOW, write_entry
from portal.network.models import Unit
from portal.network.queries import keeper_of, names_in, unit_by_id, unit_typed
from portal.vault.screening import CLASSIFIED
from portal.workflow import engine

MOST_NAMED = 5  # of the same papers, the newest


class KeyUsed(Invalid):
    """The form has registered something else before, or somebody else has: it is to be sent again under a new key."""


class ToBeSeen(Invalid):
    """The correction is good, and more follows from it than was typed: shown before it is done."""

    def __init__(self, followed: Followed) -> None:
        super().__init__(_("还没有保存。更正后随之变动的还有下列各项，请核对后再按“确认更正”"), unmet=followed.sentences)
        self.key = followed.key


class PaperKnown(Invalid):
    """A paper like this is registered already: asked once, and registered beside it when told so. `numbers` names them."""

    def __init__(self, numbers: list[str]) -> None:
        super().__init__(_("已登记过相同的来文：%(numbers)s", numbers="、".join(numbers)))
        self.numbers = numbers


def register(actor: Actor, said: Registration) -> Matter:
    """登记: a leader's instruction is entered, with its number and its deadline. Sent twice under one key it is entered
    once. Raises Forbidden, KeyUsed where it says something else the second time, PaperKnown where the same paper is
    registered already, or Invalid with a sentence for each field."""
    decision = allowed(actor, acts.REGISTER, said)
    standing = _permitted(decision, _("您不能登记批示件"))
    unit = _unit_of(standing)
    _refuse_faulty(actor, said, unit.id)
    _ask_about_known(actor, said)
    try:
        matter, _content = create(actor, standing, _new_matter(said, unit))
    except DuplicateSubmission as twice:
        return _same(actor, twice.before, said)
    return matter


def amend(
    actor: Actor, matter_id: UUID, said: Registration, version: int | None, reason: str | None = None, seen: str | None = None
) -> Matter:
    """更正: correct what was registered. Before assignment freely; later with a reason, lead and co-units apart.

    What was derived from a corrected fact follows in the same act (`matters.service.renewing`). `seen` is the key of what
    the doer has been shown to follow: where it is given and more follows, ToBeSeen says what, and nothing is done. Raises
    Forbidden, Stale, Invalid.
    """
    matter = get_instruction(actor, matter_id)
    engine.check_version(WORKFLOW, actor, matter, version)
    standing = _permitted(allowed(actor, AMEND, matter), _("您不能更正此件"))
    _refuse_unamendable(matter)
    content = whole_content(matter)
    assigned = matter.state != State.REGISTERED
    said = replace(said, confidential=matter.confidential)
    if assigned:
        said = replace(said, lead_unit=None, co_units=())
        if not reason:
            raise Invalid(_("交办后更正须说明理由"), fields={"reason": _("请填写理由")})
    _refuse_faulty(actor, said, matter.registering_unit.keeper_id, reason)
    changed = _changes(matter, content, said, units=not assigned)
    if not changed:
        raise Invalid(_("没有改动任何内容，无须更正"))
    if "received_on" in changed:
        _refuse_late_receipt(matter, said)
    before = renewing.Before.of(matter, content)
    engine.bump_version(WORKFLOW, actor, matter)
    _write(matter, content, said, changed)
    db.session.flush()
    followed = renewing.correct(actor, standing, matter, content, changed, before, reason)
    if seen is not None and seen != followed.key:
        raise ToBeSeen(followed)
    return matter


def new_round(actor: Actor, matter_id: UUID, said: Registration) -> Matter:
    """登记新一轮: a further instruction on the same matter becomes one of its own, 第 n 轮, as secret as the former, in
    the series of the unit that keeps the former's register today.

    Sent twice under one key it is entered once. Raises Forbidden, KeyUsed, PaperKnown where the same further round is
    registered already, Invalid.
    """
    former = get_instruction(actor, matter_id)
    standing = _permitted(allowed(actor, NEW_ROUND, former), _("您不能登记新一轮"))
    if former.state == State.WITHDRAWN:
        raise Invalid(_("此件已撤销，不能登记新一轮；请作为新的批示件登记"))
    if former.parent_id is not None:
        raise Invalid(_("转办事项不登记新一轮，请由上级事项的登记单位办理"))
    said = replace(said, confidential=former.confidential)
    unit = keeper_of(former.registering_unit)
    _refuse_faulty(actor, said, unit.id)
    former_content = whole_content(former)
    _ask_about_known(actor, said, former)
    try:
        matter, _content = create(actor, standing, replace(_new_matter(said, unit), previous=former))
    except DuplicateSubmission as twice:
        return _same(actor, twice.before, said)
    # The former's readers are not the new one's audience: of a confidential one they learn no number.
    known = None if former.confidential else {"number": matter.number, "round": matter.round}
    write_entry(former, "new_round", actor, standing, facts=known)
    entry = journal.record(
        actor,
        "new_round",
        "matter",
        former.id,
        standing=standing,
        confidential=former.confidential,
        after={"next": str(matter.id), "round": matter.round},
    )
    if not former.confidential and former.assigned_at is not None:
        told = [*notices.lead_desk(former), *([former_content.handler_id] if former_content.handler_id else [])]
        notices.notify(former, former_content, entry, "new_round", told, round=matter.round)
    return matter


def units_typed(lead_unit: str | None, co_units: str | None) -> tuple[Unit | None, tuple[Unit, ...]]:
    """The units that were typed by name, short name, code or “name (code)”, each once; raises Invalid beside the fields."""
    faults: dict[str, str] = {}
    lead = _meant(lead_unit, "lead_unit", faults) if lead_unit else None
    helping = [_meant(one, "co_units", faults) for one in names_in(co_units)]
    if faults:
        raise Invalid(_("有的单位须先核对"), fields=faults)
    return lead, tuple(dict.fromkeys(unit for unit in helping if unit is not None))


def _meant(typed: str, name: str, faults: dict[str, str]) -> Unit | None:
    try:
        return unit_typed(typed, name)
    except Invalid as unclear:
        faults.setdefault(name, f"{unclear.sentence}{_('：')}{unclear.fields[name]}")
        return None


def refuse_marked(actor: Actor, words: dict[str, str | None], what: str) -> None:
    """Text with a mark of classification is refused; that it was tried is written down, nothing of it is kept."""
    if found := marked(words.items()):
        journal.note("classified_refused", what, current_city(), actor.person_id, rule="mark", fields=found)
        raise Invalid(str(CLASSIFIED), fields=dict.fromkeys(found, _("带有密级标志，已清除")))


def standing_for(actor: Actor, unit_id: int, said: Any = None) -> Standing | None:
    """The standing in which this person registers for that unit, if he may."""
    for standing in actor.standings:
        one_post = replace(actor, standings=(standing,))
        if standing.for_unit_id == unit_id and allowed(one_post, acts.REGISTER, said):
            return standing
    return None


def _permitted(decision: Decision, sentence: str) -> Standing:
    if not decision or decision.standing is None:
        raise Forbidden(sentence, unmet=decision.unmet)
    return decision.standing


def _same(actor: Actor, before: Matter, said: Registration) -> Matter:
    if before.registered_by_id != actor.person_id:
        raise KeyUsed(_("此表已失效，没有登记；请核对后再提交一次"))
    if _changes(before, whole_content(before), said, units=False):
        raise KeyUsed(
            _("这张表已登记为 %(number)s，本次填写的与它不同，没有登记；如要另登记一件，请核对后再提交一次", number=before.number)
        )
    return before


def _unit_of(standing: Standing) -> Unit:
    unit = unit_by_id(standing.for_unit_id)
    assert unit is not None
    return unit


def _refuse_faulty(actor: Actor, said: Registration, registering_unit_id: int, reason: str | None = None) -> None:
    refuse_marked(actor, {**said.words, "reason": reason}, "registration")
    if faults := faults_of(said, registering_unit_id):
        raise Invalid(_("有的内容须先改正"), fields=faults)


def _ask_about_known(actor: Actor, said: Registration, former: Matter | None = None) -> None:
    if said.beside is None:
        return
    others = [Record.request_key != said.request_key] if said.request_key else []
    if former is not None:  # other further rounds of it: the former one is of the same paper
        others.append(Matter.previous_id == former.id)
    there = registered(actor, INSTRUCTION, [Paper.of(said.title, said.leader, said.document_number)], *others)
    known = [one.number for one in there if one.readable][:MOST_NAMED]
    if not said.beside.issuperset(known):
        raise PaperKnown(known)


def _refuse_unamendable(matter: Matter) -> None:
    if matter.content is None:
        raise Forbidden(_("此件的内容不向您显示，不能由您更正"))
    if matter.state in ENDED:
        raise Invalid(_("此件现为“%(state)s”，不能更正", state=matter.state.label))


def _refuse_late_receipt(matter: Matter, said: Registration) -> None:
    """What was assigned had been received by then; the first assignment counts."""
    assigned_on = first_assigned_on(matter)
    if assigned_on is not None and said.received_on > assigned_on:
        sentence = _("收到日期不得晚于交办日期（%(day)s）", day=day_words(assigned_on))
        raise Invalid(_("有的内容须先改正"), fields={"received_on": sentence})


def _new_matter(said: Registration, unit: Unit) -> NewMatter:
    return NewMatter(
        kind=INSTRUCTION,
        registering_unit=unit,
        source_level=said.source_level,
        urgency=said.urgency,
        confidential=said.confidential,
        instructed_on=said.instructed_on,
        received_on=said.received_on,
        title=said.title,
        text=said.text,
        leader=said.leader,
        leader_id=said.leader_id,
        document_number=said.document_number,
        requirement=said.requirement,
        lead_unit=said.lead_unit,
        co_units=tuple((unit, None, False) for unit in said.co_units),
        request_key=said.request_key,
    )


def _changes(matter: Matter, content: Content, said: Registration, *, units: bool) -> set[str]:
    shell = ("source_level", "urgency", "instructed_on", "received_on")
    words = ("title", "text", "leader", "leader_id", "document_number", "requirement")
    changed = {name for name in shell if getattr(matter, name) != getattr(said, name)}
    changed |= {name for name in words if (getattr(content, name) or None) != (getattr(said, name) or None)}
    if units:
        if matter.lead_unit_id != (said.lead_unit.id if said.lead_unit else None):
            changed.add("lead_unit_id")
        if set(matter.co_unit_ids) != {unit.id for unit in said.co_units}:
            changed.add("co_units")
    return changed


def _write(matter: Matter, content: Content, said: Registration, changed: set[str]) -> None:
    for name in changed & {"source_level", "urgency", "instructed_on", "received_on"}:
        setattr(matter, name, getattr(said, name))
    for name in changed & {"title", "text", "leader", "leader_id", "document_number", "requirement"}:
        setattr(content, name, getattr(said, name))
    if "lead_unit_id" in changed:
        matter.lead_unit = said.lead_unit
        matter.lead_unit_id = said.lead_unit.id if said.lead_unit else None
        matter.lead_unit_name = said.lead_unit.name if said.lead_unit else None
    if "co_units" in changed:
        wanted = {unit.id for unit in said.co_units}
        db.session.execute(
            delete(CoUnit)
            .where(CoUnit.matter_id == matter.id, CoUnit.unit_id.not_in(wanted))
            .options(as_seen_by(SYSTEM))
            .execution_options(synchronize_session=False)
        )
        content.parts = [part for part in content.parts if part != "co_unit"]
        keep_co_units(matter, content, tuple((u, None, False) for u in said.co_units if u.id not in matter.co_unit_ids))
        if wanted:
            content.mark("co_unit")
        matter.co_unit_ids = tuple(wanted)
