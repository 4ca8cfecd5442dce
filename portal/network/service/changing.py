"""Changing the tree of units: at once, or on a later day; each change with its reason, on the record.

A change for a later day is judged now and again on its day, by the sweep. What then cannot be any more is refused, and
the refusal stands beside the change.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any

from sqlalchemy import func, select, update

from portal.access.actor import SYSTEM, Actor, Standing, System
from portal.access.policy import allowed
from portal.audit import journal
from portal.kernel import clock
from portal.kernel.db import current_city, db
from portal.kernel.language import _
from portal.kernel.refusals import Forbidden, Invalid, Invisible, Refusal, Stale
from portal.network import acts, business, queries
from portal.network.importing import sound_of
from portal.network.models import ChangeKind, Post, Unit, UnitChange
from portal.network.service.changed_posts import end_posts, guarding_seats, write_down
from portal.network.service.judging import judge
from portal.network.service.paths import settle_paths
from portal.network.service.wanted import MOST_REASON, NAMES, Case, Wanted, act_of

LOCK = 7_302
FARTHEST_DAYS = 366


def foresee(actor: Actor, wanted: Wanted, version: int | None) -> Case:
    """What the change would do, without doing it. Refused as `change` would be."""
    unit = _permitted(actor, wanted, version)
    case = judge(actor, wanted, unit)
    trial = db.session.begin_nested()
    try:
        guarding_seats(case, lambda: _apply(actor, None, case, follow=False))
    finally:
        trial.rollback()
    return judge(actor, wanted, _permitted(actor, wanted, version))


def change(actor: Actor, wanted: Wanted, version: int | None) -> UnitChange:
    """Do it today, or write it down for its day. Refused: Invisible, Forbidden outside one's reach, Stale when the unit
    was changed meanwhile, Invalid with a sentence for each fault."""
    db.session.execute(select(func.pg_advisory_xact_lock(LOCK, current_city())))
    unit = _permitted(actor, wanted, version)
    case = judge(actor, wanted, unit)
    standing = allowed(actor, act_of(wanted.kind), unit).standing
    row = UnitChange(
        kind=wanted.kind,
        unit_id=None if wanted.kind == ChangeKind.FOUND else unit.id,
        other_id=unit.id if wanted.kind == ChangeKind.FOUND else case.other.id if case.other else None,
        from_on=wanted.from_on,
        reason=wanted.reason,
        wanted=wanted.facts,
        person_id=actor.person_id,
        post_id=standing.post_id if standing else None,
        made_at=clock.now(),
    )
    db.session.add(row)
    db.session.flush()
    if wanted.from_on > clock.today():
        journal.record(actor, "change_planned", "unit", unit.id, standing=standing, after=_facts(row))
        unit.version += 1
    else:
        _carry_out(actor, standing, case, row)
    return row


def cancel(actor: Actor, change_id: int) -> UnitChange:
    """Give up a change whose day has not come. Refused: Invisible, Forbidden, Stale when it is done or given up already."""
    row = db.session.scalar(
        select(UnitChange).where(UnitChange.city_id == current_city(), UnitChange.id == change_id).with_for_update(of=UnitChange)
    )
    if row is None:
        raise Invisible
    subject = _subject(row)
    decision = allowed(actor, act_of(row.kind), subject)
    if not decision:
        raise Forbidden(_("您不能取消这项变更"), unmet=decision.unmet)
    if not row.planned:
        raise Stale(_("这项变更已经执行或取消"))
    row.cancelled_at = clock.now()
    subject.version += 1
    journal.record(actor, "change_cancelled", "unit", subject.id, standing=decision.standing, before=_facts(row))
    return row


def due_changes(day: date) -> list[int]:
    """The planned changes whose day has come, in the order in which they were meant."""
    return list(
        db.session.scalars(
            select(UnitChange.id)
            .where(
                UnitChange.city_id == current_city(),
                UnitChange.from_on <= day,
                UnitChange.carried_out_at.is_(None),
                UnitChange.cancelled_at.is_(None),
                UnitChange.refused.is_(None),
            )
            .order_by(UnitChange.from_on, UnitChange.id)
        )
    )


def carry_out(change_id: int) -> UnitChange | None:
    """A planned change on its day; None where somebody else has seen to it. What cannot be is refused for good, and says
    so beside the change."""
    db.session.execute(select(func.pg_advisory_xact_lock(LOCK, current_city())))
    row = db.session.scalar(
        select(UnitChange).where(UnitChange.city_id == current_city(), UnitChange.id == change_id)
        .execution_options(populate_existing=True)
    )  # fmt: skip
    if row is None or not row.planned:
        return None
    subject = _subject(row)
    wanted = Wanted(ChangeKind(row.kind), subject.id, row.from_on, row.reason, row.wanted)
    try:
        with db.session.begin_nested():
            case = judge(SYSTEM, wanted, subject)
            _still_kept(row, case)
            _carry_out(SYSTEM, None, case, row)
    except Refusal as refusal:
        db.session.refresh(row)
        row.refused = "；".join([refusal.sentence, *refusal.fields.values()])[:300]
        journal.record(SYSTEM, "change_refused", "unit", subject.id, after=_facts(row) | {"refused": row.refused})
    return row


def _still_kept(row: UnitChange, case: Case) -> None:
    """What was planned is carried out only where its makers' office, or the one that took it over, still keeps the units:
    else a county would end, or inherit, what was taken from it before the day."""
    post = queries.post_by_id(row.post_id) if row.post_id else None
    office = queries.unit_by_id(post.for_unit_id) if post is not None else None
    if office is None:
        return
    own = case.unit.path if act_of(row.kind) is acts.KEEP_UNIT else case.unit.path[:-1]
    for unit, above in ((case.unit, own), (case.other, case.other.path if case.other is not None else ())):
        if unit is not None and office.keeper_id not in above:
            raise Forbidden(_("“%(unit)s”不归提出变更的单位管理了", unit=unit.name))


def _subject(row: UnitChange) -> Unit:
    unit = queries.unit_by_id((row.other_id if row.kind == ChangeKind.FOUND and row.unit_id is None else row.unit_id) or 0)
    if unit is None:
        raise Invisible
    return unit


def _permitted(actor: Actor, wanted: Wanted, version: int | None) -> Unit:
    unit = db.session.scalar(
        select(Unit)
        .where(Unit.city_id == current_city(), Unit.id == wanted.unit_id)
        # Not against what only refers to the unit: who issues its report would wait for us, and we for his matter.
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if unit is None:
        raise Invisible
    decision = allowed(actor, act_of(wanted.kind), unit)
    if not decision:
        raise Forbidden(_("“%(unit)s”不归您管理", unit=unit.name), unmet=decision.unmet)
    if version is not None and version != unit.version:
        raise Stale(_("这个单位在您打开页面之后有变动，本次变更未执行；您填写的内容仍在下面"), changes=latest_words(unit.id))
    faults = {}
    if not clock.today() <= wanted.from_on:
        faults["from_on"] = _("不能早于今日")
    elif (wanted.from_on - clock.today()).days > FARTHEST_DAYS:
        faults["from_on"] = _("最远只能定在一年之内")
    if not wanted.reason:
        faults["reason"] = _("请写明依据或理由")
    elif len(wanted.reason) > MOST_REASON:
        faults["reason"] = _("文字过长，最多 %(most)s 个字。", most=MOST_REASON)
    if faults:
        raise Invalid(_("没有变更：请先改正下面的问题"), fields=faults)
    return unit


def latest_words(unit_id: int) -> list[str]:
    """The unit's latest changes, for whom they overtook."""
    return [f"{row.from_on:%Y-%m-%d}　{row.kind.label}　{row.reason}" for row in queries.history_of(unit_id, 3)]


def _carry_out(actor: Actor | System, standing: Standing | None, case: Case, row: UnitChange) -> None:
    row.before = facts_of(case.unit)
    guarding_seats(case, lambda: _apply(actor, standing, case, row))
    write_down(case, row)
    row.carried_out_at = clock.now()
    row.after = facts_of(case.unit) | {
        "moved": [asdict(effect) for effect in case.effects][:200],
        "ended": [[post.person.name, str(post.role)] for post in case.ending],
    }
    db.session.flush()
    journal.record(
        actor,
        f"unit_{row.kind}",
        "unit",
        row.unit_id,
        standing=standing,
        before=row.before,
        after=facts_of(case.unit)
        | {
            "change": row.id,
            "posts_ended": [post.id for post in case.ending],
            "posts_asked": [[post.person_id, unit.id, str(post.role)] for post, unit, _until in case.asked],
        },
    )


def facts_of(unit: Unit) -> dict[str, Any]:
    """The unit as the record keeps it."""
    return {
        "code": unit.code, "name": unit.name, "short_name": unit.short_name, "official_name": unit.official_name,
        "document_prefix": unit.document_prefix, "level": unit.level, "kind": unit.kind, "parent_id": unit.parent_id,
        "retired_on": unit.retired_on.isoformat() if unit.retired_on else None, "heir_id": unit.heir_id,
    }  # fmt: skip


def _facts(row: UnitChange) -> dict[str, Any]:
    return {"change": row.id, "kind": str(row.kind), "from_on": row.from_on.isoformat(), "reason": row.reason} | row.wanted


def _apply(
    actor: Actor | System, standing: Standing | None, case: Case, row: UnitChange | None = None, *, follow: bool = True
) -> None:
    unit, facts, kind = case.unit, case.wanted.facts, case.wanted.kind
    if kind == ChangeKind.FOUND:
        case.unit = _found(case.wanted, unit)
        if row is not None:
            row.unit_id, row.other_id = case.unit.id, unit.id
        return
    unit.version += 1
    if kind == ChangeKind.RENAME:
        for name in NAMES:
            setattr(unit, name, facts.get(name) or None)
        unit.short_name = unit.short_name or unit.name[:60]
        unit.pinyin = sound_of(unit.short_name, unit.name)
        db.session.flush()
    elif kind == ChangeKind.MOVE:
        assert case.other is not None
        gone = end_posts(case)
        _hang(case.other, [unit], follow)
        business.lent_no_longer(gone)
    elif kind == ChangeKind.SPLIT:
        parent = queries.unit_by_id(unit.parent_id or 0)
        assert parent is not None
        case.other = _found(case.wanted, parent)
        if row is not None:
            row.other_id = case.other.id
        _hand_over(actor, standing, case, case.other, follow)
    else:
        _hand_over(actor, standing, case, case.other, follow)


def _found(wanted: Wanted, parent: Unit) -> Unit:
    facts = wanted.facts
    short = facts.get("short_name") or facts["name"][:60]
    made = Unit(
        code=facts["code"], name=facts["name"], short_name=short, official_name=facts.get("official_name") or None,
        document_prefix=facts.get("document_prefix") or None, level=facts["level"], kind=facts["kind"],
        parent_id=parent.id, path=list(parent.path), pinyin=sound_of(short, facts["name"]), founded_on=wanted.from_on,
    )  # fmt: skip
    db.session.add(made)
    db.session.flush()
    made.path = [*parent.path, made.id]
    db.session.flush()
    return made


def _hang(parent: Unit, units: list[Unit], follow: bool) -> None:
    """These units stand below the parent from now on; the posts of organs act for it."""
    if not units:
        return
    for unit in units:
        unit.parent_id = parent.id
        if unit.is_organ:
            db.session.execute(update(Post).where(Post.unit_id == unit.id).values(for_unit_id=parent.id))
    moved = settle_paths([unit.id for unit in units])
    if follow and moved:
        business.moved(moved)


def _hand_over(actor: Actor | System, standing: Standing | None, case: Case, heir: Unit | None, follow: bool) -> None:
    """Posts move or end, units below go over, and where the unit is no more, its open business too."""
    unit = case.unit
    for post in case.moving:
        assert heir is not None
        post.unit_id, post.for_unit_id = heir.id, heir.acts_for_id
    gone = end_posts(case)
    if heir is not None:
        _hang(heir, case.children, follow)
    if case.ends:
        _end(actor, standing, unit, heir, follow)
    business.lent_no_longer(gone)


def _end(actor: Actor | System, standing: Standing | None, unit: Unit, heir: Unit | None, follow: bool) -> None:
    unit.retired_on = clock.today()
    unit.heir_id = heir.id if heir is not None else None
    # Whose heir this unit was is now the next one's: an heir is always a unit that exists.
    db.session.execute(update(Unit).where(Unit.heir_id == unit.id).values(heir_id=unit.heir_id))
    db.session.flush()
    if follow and heir is not None and not unit.is_organ:
        business.follow(actor, standing, unit, heir)
