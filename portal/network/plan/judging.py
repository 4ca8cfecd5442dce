"""The judgement of both workbooks against each other and against what the city has. Nothing is written here and nothing
is read from the database.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from portal.access.roles import OFFICERS, Role
from portal.importing.cells import Sheet
from portal.kernel.language import _
from portal.network import rules
from portal.network.models import ORGANS, Level
from portal.network.plan import rows as columns
from portal.network.plan.contents import POSTS, UNITS, Known, KnownUnit, Plan, PlannedPost, PlannedUnit
from portal.network.plan.rows import rows_of

_LEVEL_ORDER = {level: number for number, level in enumerate(Level)}


def plan_import(units_sheet: Sheet, posts_sheet: Sheet, known: Known | None = None) -> Plan:
    """Judge every row of both workbooks against each other and against what the city has."""
    plan = Plan(known or Known())
    _judge_units(plan, units_sheet)
    _judge_tree(plan)
    _judge_posts(plan, posts_sheet)
    _judge_people(plan)
    plan.faults.sort(key=lambda f: (f.sheet != UNITS, f.row))
    return plan


def _judge_units(plan: Plan, sheet: Sheet) -> None:
    rows = rows_of(plan, UNITS, sheet)
    plan.unit_rows = len(rows)
    seen: dict[str, int] = {}
    prefixes = {known.document_prefix for known in plan.known.units.values() if known.document_prefix and not known.retired}
    used: dict[str, int] = {}
    for row in rows:
        code = row.text(columns.CODE)
        if code and row.sound and not rules.CODE_FORM.fullmatch(code):
            row.error(rules.CODE, _("单位代码只能用字母、数字、点和短横线"))
        if code in plan.known.units and plan.known.units[code].retired:
            row.error(rules.CODE, _("单位代码“%(code)s”属于已撤销的单位，不能再用", code=code))
        elif code in plan.known.units:
            row.error(rules.CODE, _("单位代码“%(code)s”已有单位使用", code=code))
        elif code in seen:
            row.error(rules.CODE, _("单位代码“%(code)s”与第 %(row)s 行重复，请改其中一行", code=code, row=seen[code]))
        name = row.text(columns.NAME)
        short_name = row.text(columns.SHORT_NAME) or name[: rules.LONGEST[rules.SHORT_NAME]]
        level = row.get(columns.LEVEL)
        kind = row.get(columns.KIND)
        parent = row.get(columns.PARENT) if row.typed(rules.PARENT) else None
        prefix = row.text(columns.PREFIX)
        if prefix and prefix in prefixes:
            row.error(rules.PREFIX, _("机关代字“%(prefix)s”已有单位使用", prefix=prefix))
        elif prefix and prefix in used:
            row.error(rules.PREFIX, _("机关代字“%(prefix)s”与第 %(row)s 行重复，请改其中一行", prefix=prefix, row=used[prefix]))
        if prefix:
            used.setdefault(prefix, row.number)
        if code and code not in seen:
            seen[code] = row.number
            plan.codes.add(code)
            if level is not None and kind is not None:
                # Kept although it may have faults: what hangs below it is judged against it.
                plan.units.append(PlannedUnit(row.number, code, name, short_name, level, kind, parent, prefix or None))
        plan.faults += row.errors


def _judge_tree(plan: Plan) -> None:
    units = {unit.code: unit for unit in plan.units}
    root = next((code for code, known in plan.known.units.items() if known.parent_id is None), None)
    depths = {code: len(known.path) for code, known in plan.known.units.items()}
    below: dict[str, list[PlannedUnit]] = {}
    for unit in plan.units:
        if unit.parent_code is None:
            if unit.kind in ORGANS:
                plan.fault(UNITS, unit.row, rules.PARENT, _("内设机构必须有上级单位"))
            elif root is not None:
                plan.fault(UNITS, unit.row, rules.PARENT, _("没有上级单位的只能有一个，已有“%(code)s”", code=root))
            else:
                root = unit.code
            unit.depth = 1
            depths[unit.code] = 1
        elif unit.parent_code in units or unit.parent_code in plan.known.units:
            below.setdefault(unit.parent_code, []).append(unit)
            _judge_parent(plan, unit, units.get(unit.parent_code) or plan.known.units[unit.parent_code])
        elif unit.parent_code not in plan.codes:
            said = _("没有上级单位“%(code)s”，请核对代码，或把它也列入单位表", code=unit.parent_code[:30])
            plan.fault(UNITS, unit.row, rules.PARENT, said)
    waiting = list(depths)
    while waiting:
        code = waiting.pop()
        for unit in below.get(code, ()):
            unit.depth = depths[unit.code] = depths[code] + 1
            if unit.depth == rules.DEEPEST + 1:
                plan.fault(UNITS, unit.row, rules.PARENT, _("层次过深，最多 %(most)s 层", most=rules.DEEPEST))
            elif unit.depth <= rules.DEEPEST:
                waiting.append(unit.code)
    _judge_loops(plan, units)


def _judge_parent(plan: Plan, unit: PlannedUnit, parent: PlannedUnit | KnownUnit) -> None:
    if isinstance(parent, KnownUnit) and parent.retired:
        plan.fault(UNITS, unit.row, rules.PARENT, _("上级单位“%(name)s”已撤销", name=parent.name))
    elif parent.kind in ORGANS:
        plan.fault(UNITS, unit.row, rules.PARENT, _("内设机构不能有下级单位，请填其上级单位"))
    elif _LEVEL_ORDER[unit.level] < _LEVEL_ORDER[parent.level]:
        plan.fault(UNITS, unit.row, rules.LEVEL, _("层级高于上级单位"))


def _judge_loops(plan: Plan, units: Mapping[str, PlannedUnit]) -> None:
    done: set[str] = set()
    for start in units:
        way: dict[str, int] = {}
        code = start
        while code in units and code not in done and code not in way:
            way[code] = len(way)
            code = units[code].parent_code or ""
        if code in way:
            for member in list(way)[way[code] :]:
                plan.fault(UNITS, units[member].row, rules.PARENT, _("上级单位绕成了一圈，回到了自己；请改其中一个单位的上级"))
        done.update(way)


def _judge_posts(plan: Plan, sheet: Sheet) -> None:
    rows = rows_of(plan, POSTS, sheet)
    plan.post_rows = len(rows)
    kinds = {code: known.kind for code, known in plan.known.units.items()}
    kinds |= {unit.code: unit.kind for unit in plan.units}
    for row in rows:
        sign_in_name = row.text(columns.SIGN_IN_NAME)
        if sign_in_name and row.sound and not rules.SIGN_IN_FORM.fullmatch(sign_in_name):
            row.error(rules.SIGN_IN_NAME, _("登录名只能用文字、数字、点、短横线、下划线和 @，首尾须为文字或数字"))
        name = row.text(columns.DISPLAY_NAME)
        code = row.text(columns.CODE)
        if code and code not in kinds and code not in plan.codes:
            row.error(rules.CODE, _("没有单位“%(code)s”", code=code[:30]))
        elif code in plan.known.units and plan.known.units[code].retired:
            row.error(rules.CODE, _("单位“%(code)s”已撤销", code=code))
        role = row.get(columns.ROLE)
        if role is not None and code in kinds and not rules.fits(role, kinds[code]):
            row.error(rules.ROLE, _("%(role)s岗位只能设在%(place)s", role=role.label, place=rules.place_of(role)))
        email = row.text(columns.EMAIL)
        if email and not rules.EMAIL_FORM.fullmatch(email):
            row.error(rules.EMAIL, _("邮箱格式有误"))
        if sign_in_name and role is not None:
            plan.posts.append(PlannedPost(row.number, sign_in_name, name, code, role, email or None))
        plan.faults += row.errors


def _judge_people(plan: Plan) -> None:
    first: dict[str, PlannedPost] = {}
    alike: dict[str, str] = {name.casefold(): name for name in plan.known.people}
    held: dict[str, set[tuple[str, Role]]] = {name: set(one.posts) for name, one in plan.known.people.items()}
    for post in plan.posts:
        known = plan.known.people.get(post.sign_in_name)
        other = first.setdefault(post.sign_in_name, post)
        bears = known.name if known else other.name
        same = alike.setdefault(post.sign_in_name.casefold(), post.sign_in_name)
        if same != post.sign_in_name:
            sentence = _("登录名与“%(name)s”只有大小写不同", name=same)
            plan.fault(POSTS, post.row, rules.SIGN_IN_NAME, sentence)
        if bears != post.name:
            sentence = _("同一登录名已有另一个显示名“%(name)s”", name=bears)
            plan.fault(POSTS, post.row, rules.DISPLAY_NAME, sentence)
        elif other.email != post.email:
            plan.fault(POSTS, post.row, rules.EMAIL, _("同一登录名的邮箱与第 %(row)s 行不同", row=other.row))
        mine = held.setdefault(post.sign_in_name, set())
        if (post.unit_code, post.role) in mine:
            plan.fault(POSTS, post.row, rules.ROLE, _("此人在这个单位已有同样的岗位"))
        mine.add((post.unit_code, post.role))
    for name, posts in held.items():
        roles = Counter(role for _code, role in posts)
        officer = set(roles) & OFFICERS
        if not officer or name not in first:
            continue
        if len(officer) > 1:
            sentence = _("系统管理员、安全管理员、审计员必须由三个人分别担任")
        elif len(roles) > 1:
            sentence = _("系统管理员、安全管理员、审计员不得兼任业务岗位")
        else:
            continue
        for post in plan.posts:
            if post.sign_in_name == name:
                plan.fault(POSTS, post.row, rules.ROLE, sentence)
