"""Whether a wanted change of the tree can be, kind by kind.

The same judgement serves the form, the list of effects before it is confirmed, and the day on which a planned change is
carried out. It changes nothing.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from portal.access.actor import Actor, System
from portal.access.policy import allowed
from portal.access.roles import OFFICERS
from portal.kernel.db import current_city, db
from portal.kernel.language import _, _l
from portal.kernel.refusals import Invalid
from portal.network import acts, queries, rules
from portal.network.models import ORGANS, ChangeKind, Kind, Level, Post, Unit
from portal.network.service.changed_posts import ask_again, ask_in_organs
from portal.network.service.wanted import NAMES, Case, Effect, Wanted, live_children, posts_of

# What a signature binds is not changed after it; a draft is (matters.service.reporting.document.heading_of).
_NAMES_ON_REPORTS = _l("已送签的报结材料以送签时的单位名称签发；还没有送签的改用现在的名称。")


def judge(actor: Actor | System, wanted: Wanted, unit: Unit) -> Case:
    """Everything that stands in the way is refused at once (Invalid, a sentence for each field)."""
    case = Case(wanted, unit)
    faults: dict[str, str] = {}
    if unit.retired_on is not None:
        raise Invalid(_("“%(unit)s”已经撤销，不能再变更", unit=unit.name))
    _JUDGES[wanted.kind](actor, case, faults)
    if any(post.role in OFFICERS for post in case.ending):
        faults.setdefault("heir", _("这里有系统管理员、安全管理员或审计员在任，其岗位不由秘书处结束；请指定承接的单位"))
    if isinstance(actor, Actor) and _in_his_own_favour(actor, case):
        field = {ChangeKind.MOVE: "parent", ChangeKind.MERGE: "into", ChangeKind.SPLIT: "moving"}.get(wanted.kind, "heir")
        faults.setdefault(field, _("这会扩大您本人岗位的范围，请由另一位秘书处人员办理"))
    if faults:
        raise Invalid(_("没有变更：请先改正下面的问题"), fields=faults)
    return case


def _in_his_own_favour(actor: Actor, case: Case) -> bool:
    """A post of business that he holds or stands in for would be another's, or get the unit and its business below it:
    nobody appoints himself, by way of the tree neither."""
    if case.other is None and not case.moving:
        return False
    mine = rules.business_of(actor)
    if {s.post_id for s in mine} & {post.id for post in case.moving}:
        return True
    carried = {unit.id for unit in (case.unit, *case.children) if unit.is_organ}
    above = set(case.other.path) - set(case.unit.path) if case.other is not None else set()
    return any(s.unit_id in carried or s.for_unit_id in above for s in mine)


def _other(actor: Actor | System, unit_id: Any, name: str, faults: dict[str, str]) -> Unit | None:
    unit = queries.unit_by_id(unit_id) if isinstance(unit_id, int) else None
    if unit is None:
        faults[name] = _("请从单位网络中选择一个单位")
    elif unit.retired_on is not None:
        faults[name] = _("“%(unit)s”已经撤销，请选择现有的单位", unit=unit.name)
    elif isinstance(actor, Actor) and not allowed(actor, acts.KEEP_UNIT, unit):
        faults[name] = _("“%(unit)s”不在您管理的范围内", unit=unit.name)
    else:
        return unit
    return None


def _names(case: Case, faults: dict[str, str], own: int | None) -> None:
    facts = case.wanted.facts
    if not facts.get("name"):
        faults["name"] = _("请填写单位名称")
    prefix = facts.get("document_prefix")
    if prefix:
        bearer = db.session.scalar(
            select(Unit.name)
            .where(Unit.city_id == current_city(), Unit.document_prefix == prefix, Unit.id != (own or 0),
                   Unit.retired_on.is_(None))
            .limit(1)
        )  # fmt: skip
        if bearer:
            faults["document_prefix"] = _("机关代字“%(prefix)s”已有单位使用", prefix=prefix)


def _judge_found(actor: Actor | System, case: Case, faults: dict[str, str]) -> None:
    facts, parent = case.wanted.facts, case.unit
    if case.wanted.kind == ChangeKind.SPLIT:
        above = queries.unit_by_id(parent.parent_id) if parent.parent_id else None
        if above is None:
            raise Invalid(_("全市的根单位不能分设"))
        parent = above
    _names(case, faults, None)
    code = facts.get("code") or ""
    if not rules.CODE_FORM.fullmatch(code):
        faults["code"] = _("单位代码只能用字母、数字、点和短横线")
    elif (taken := queries.unit_by_code(code)) is not None:
        faults["code"] = (
            _("单位代码“%(code)s”属于已撤销的“%(unit)s”，不能再用", code=code, unit=taken.name)
            if taken.retired_on
            else _("单位代码“%(code)s”已有单位使用", code=code)
        )
    kind, level = Kind(facts["kind"]), Level(facts["level"])
    if parent.is_organ:
        faults["kind"] = _("内设机构不能有下级单位，请在其上级单位下设立")
    elif level.depth < Level(parent.level).depth:
        faults["level"] = _("层级高于上级单位")
    elif len(parent.path) >= rules.DEEPEST:
        faults["code"] = _("层次过深，最多 %(most)s 层", most=rules.DEEPEST)
    label = f"{facts.get('name')}（{code}）"
    case.effects.append(Effect(label, _("尚无"), _("在“%(parent)s”下设立，%(kind)s", parent=parent.name, kind=kind.label)))


def _judge_rename(actor: Actor | System, case: Case, faults: dict[str, str]) -> None:
    facts, unit = case.wanted.facts, case.unit
    _names(case, faults, unit.id)
    labels = {
        "name": _("名称"), "short_name": _("简称"), "official_name": _("规范名称"), "document_prefix": _("机关代字"),
    }  # fmt: skip
    for name in NAMES:
        now, then = getattr(unit, name) or "", facts.get(name) or ""
        if now != then:
            case.effects.append(Effect(labels[name], now or _("无"), then or _("无")))
    if not case.effects and not faults:
        faults["name"] = _("与现在的一样，没有要改的")
    case.sentences.append(_("已经登记的事项仍显示当时的单位名称；今后交办的用新名称。"))
    if not unit.is_organ:
        case.sentences.append(str(_NAMES_ON_REPORTS))
    if not unit.is_organ and facts.get("name") != unit.name:
        case.sentences.append(_("下级单位和内设机构的名称不随之改变；要改的逐个更名，或者用单位表一次导入。"))


def _judge_move(actor: Actor | System, case: Case, faults: dict[str, str]) -> None:
    unit = case.unit
    if unit.parent_id is None:
        raise Invalid(_("全市的根单位不能划转"))
    parent = case.other = _other(actor, case.wanted.facts.get("parent_id"), "parent", faults)
    if parent is None:
        return
    if parent.id == unit.parent_id:
        faults["parent"] = _("现在就在“%(unit)s”之下", unit=parent.name)
    elif fault := _below_fault(unit, parent):
        faults["parent"] = fault
    former = queries.unit_by_id(unit.parent_id)
    case.effects.append(Effect(unit.name, former.name if former else "", parent.name))
    ask_in_organs(case, parent)
    if (below := _count_below(unit)) > 0:
        case.sentences.append(_("其下 %(n)s 个单位随之划转，上下级关系不变。", n=below))
    case.sentences.append(_("正在办理的事项继续由原主办单位办理；上级督查室和领导能看到的范围随之改变。"))


def _below_fault(unit: Unit, parent: Unit) -> str | None:
    if unit.id in parent.path:
        return _("不能划到自己或自己的下级之下")
    if parent.is_organ:
        return _("内设机构不能有下级单位，请选择其上级单位")
    if Level(unit.level).depth < Level(parent.level).depth:
        return _("“%(unit)s”的层级高于“%(parent)s”", unit=unit.name, parent=parent.name)
    if len(parent.path) + _height(unit) > rules.DEEPEST:
        return _("层次过深，最多 %(most)s 层", most=rules.DEEPEST)
    return None


def _height(unit: Unit) -> int:
    deepest = db.session.scalar(select(func.max(func.cardinality(Unit.path))).where(Unit.id.in_(queries.below_ids(unit.id))))
    return int(deepest or len(unit.path)) - len(unit.path) + 1


def _count_below(unit: Unit) -> int:
    found = select(func.count()).select_from(Unit).where(Unit.id.in_(queries.below_ids(unit.id)), Unit.retired_on.is_(None))
    return int(db.session.scalar(found) or 0) - 1


def _judge_merge(actor: Actor | System, case: Case, faults: dict[str, str]) -> None:
    heir = case.other = _heir(actor, case, case.wanted.facts.get("into_id"), "into", faults)
    if heir is None:
        return
    _take_over(case, heir, faults)
    case.effects.insert(0, Effect(case.unit.name, _("现有单位"), _("撤销，并入“%(heir)s”", heir=heir.name)))


def _heir(actor: Actor | System, case: Case, unit_id: Any, name: str, faults: dict[str, str]) -> Unit | None:
    unit = case.unit
    if unit.parent_id is None:
        raise Invalid(_("全市的根单位不能合并或撤销"))
    heir = _other(actor, unit_id, name, faults)
    if heir is None:
        return None
    if heir.id == unit.id:
        faults[name] = _("不能由自己承接，请选择另一个单位")
    elif unit.id in heir.path:
        faults[name] = _("不能并入自己的下级单位；可以先把它划出来，再合并")
    elif unit.is_organ != heir.is_organ or (unit.is_organ and unit.kind != heir.kind):
        faults[name] = _("内设机构只能并入同类的内设机构，其他单位只能并入内设机构以外的单位")
    return heir if name not in faults else None


def _take_over(case: Case, heir: Unit, faults: dict[str, str]) -> None:
    """What the unit has goes to the heir: units below, the posts that move; the other posts end."""
    case.children = live_children(case.unit.id)
    for child in case.children:
        if fault := _below_fault(child, heir):
            faults.setdefault("into" if case.wanted.kind == ChangeKind.MERGE else "heir", f"{child.name}：{fault}")
        case.effects.append(Effect(child.name, case.unit.name, heir.name))
    _sort_posts(case, heir)
    ask_in_organs(case, heir)
    case.sentences.append(
        _("由“%(unit)s”主办、协办而未办结的事项，连同正在签批的报结材料，改由“%(heir)s”继续办理；其台账由“%(heir)s”保管，已登记的编号和单位名称不变。",
          unit=case.unit.name, heir=heir.name)
    )  # fmt: skip
    case.sentences.append(str(_NAMES_ON_REPORTS))


def _sort_posts(case: Case, heir: Unit | None) -> None:
    chosen = set(case.wanted.facts.get("moving") or ())
    held = posts_of(case.unit.id)
    there = {(post.person_id, post.role) for post in posts_of(heir.id)} if heir is not None else set()
    for post in held:
        label = f"{post.person.name}　{post.role.label}"
        fit = heir is not None and rules.fits(post.role, Kind(heir.kind)) and (post.person_id, post.role) not in there
        if post.id in chosen and fit and heir is not None and post.role in rules.AGREED and heir.acts_for_id != post.for_unit_id:
            ask_again(case, post, heir, case.unit.name)
        elif (post.id in chosen or _officers(case, post)) and fit and heir is not None:
            case.moving.append(post)
            case.effects.append(Effect(label, case.unit.name, heir.name))
        elif case.ends:
            case.ending.append(post)
            case.effects.append(Effect(label, case.unit.name, _("岗位到期结束")))


def _officers(case: Case, post: Post) -> bool:
    """The posts of the three officers are not the secretariat's to end: they go along, chosen or not."""
    return case.ends and post.role in OFFICERS


def _judge_split(actor: Actor | System, case: Case, faults: dict[str, str]) -> None:
    facts, unit = case.wanted.facts, case.unit
    _judge_found(actor, case, faults)
    if unit.is_organ or Kind(facts["kind"]) in ORGANS:
        faults["kind"] = _("分设用于内设机构以外的单位；内设机构请直接设立")
    chosen = set(facts.get("children") or ())
    below = live_children(unit.id)
    case.children = below if facts.get("goes") else [child for child in below if child.id in chosen]
    for child in case.children:
        if Level(child.level).depth < Level(facts["level"]).depth:
            faults["children"] = _("“%(unit)s”的层级高于分设出的单位", unit=child.name)
        case.effects.append(Effect(child.name, unit.name, facts.get("name") or ""))
    there = set(facts.get("moving") or ())
    for post in posts_of(unit.id):
        label = f"{post.person.name}　{post.role.label}"
        if (post.id in there or _officers(case, post)) and rules.fits(post.role, Kind(facts["kind"])):
            case.moving.append(post)
            case.effects.append(Effect(label, unit.name, facts.get("name") or ""))
        elif facts.get("goes"):
            case.ending.append(post)
            case.effects.append(Effect(label, unit.name, _("岗位到期结束")))
    if facts.get("goes"):
        case.effects.append(Effect(unit.name, _("现有单位"), _("撤销，由分设出的单位承接")))
        case.sentences.append(_("未办结的事项改由分设出的单位继续办理；台账由其保管，已登记的编号和单位名称不变。"))
        case.sentences.append(str(_NAMES_ON_REPORTS))
    else:
        case.sentences.append(_("未办结的事项仍由“%(unit)s”办理，需要改的逐件改派。", unit=unit.name))


def _judge_retire(actor: Actor | System, case: Case, faults: dict[str, str]) -> None:
    unit, heir_id = case.unit, case.wanted.facts.get("heir_id")
    if heir_id is None and unit.is_organ:
        if unit.parent_id is None:
            raise Invalid(_("全市的根单位不能合并或撤销"))
        _sort_posts(case, None)
    elif heir_id is None:
        # Asked of every unit, so that the answer tells nobody whether there is business, least of all a confidential one.
        faults["heir"] = _("请指定由哪个单位承接：下级单位和未了的工作都要有着落")
        return
    else:
        heir = case.other = _heir(actor, case, heir_id, "heir", faults)
        if heir is None:
            return
        _take_over(case, heir, faults)
    end = _("撤销，由“%(heir)s”承接", heir=case.other.name) if case.other is not None else _("撤销")
    case.effects.insert(0, Effect(unit.name, _("现有单位"), end))


_JUDGES = {
    ChangeKind.FOUND: _judge_found,
    ChangeKind.RENAME: _judge_rename,
    ChangeKind.MOVE: _judge_move,
    ChangeKind.MERGE: _judge_merge,
    ChangeKind.SPLIT: _judge_split,
    ChangeKind.RETIRE: _judge_retire,
}
