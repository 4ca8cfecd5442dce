"""A workbook of units or posts judged against the city's own: what is new, what changes, what stays, what is at fault.

Rows of new units and posts are judged as for a new city (`plan`). Rows of units that exist are renames and moves. A
secretariat's workbook reaches its own part of the tree and nothing else.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from portal.access.roles import OFFICERS, Role
from portal.importing.cells import Row, Sheet
from portal.importing.columns import Column, coded, shown
from portal.importing.judging import Judged, RowError
from portal.kernel.language import _
from portal.kernel.text import tidy
from portal.network import rules
from portal.network.models import ORGANS
from portal.network.plan import POSTS, UNITS, Known, KnownUnit, NetworkRow, Plan, PlannedPost, PlannedUnit, plan_import, rows_of
from portal.network.plan.rows import CODE, KIND, LEVEL, NAME, PARENT, PREFIX, SHORT_NAME, SIGN_IN_NAME

NOTHING = Sheet("", (*rules.UNIT_COLUMNS, *rules.POST_COLUMNS[:2], rules.ROLE), [])


@dataclass(frozen=True, slots=True)
class Changed:
    """A row that gives an existing unit other names or another parent: [(column, from, to)]."""

    row: int
    code: str
    name: str
    what: tuple[tuple[str, str, str], ...]
    values: dict[str, str | None]
    parent_code: str | None


@dataclass
class JudgedNetwork(Judged[PlannedUnit | PlannedPost | Changed]):
    """A workbook, judged. `plan` holds what is new, and until all is settled the faults of either."""

    plan: Plan = field(default_factory=lambda: Plan(Known()))
    changed: list[Changed] = field(default_factory=list)
    unchanged: int = 0

    def settle(self, sheet: Sheet) -> JudgedNetwork:
        """All that is good, counted; and every fault with what was typed, once and in order."""
        self.good = [*self.plan.units, *self.plan.posts, *self.changed]
        self.tally = {
            "new": len(self.plan.units) + len(self.plan.posts), "changed": len(self.changed), "unchanged": self.unchanged,
            "people": len(self.plan.new_people()),
        }  # fmt: skip
        rows = {row.number: row for row in sheet.rows}
        self.faults = sorted((_valued(fault, sheet, rows) for fault in dict.fromkeys(self.faults)), key=lambda fault: fault.row)
        self.plan.faults = []
        self.passed = list(sheet.passed)
        return self


def _valued(fault: RowError, sheet: Sheet, rows: Mapping[int, Row]) -> RowError:
    if fault.row not in rows or not fault.column:
        return fault
    said = sheet.cell(rows[fault.row], fault.column).text
    return replace(fault, value=shown(said), empty=not said.strip())


def judge_units(sheet: Sheet, known: Known, reach: Collection[int], own: Collection[int] = ()) -> JudgedNetwork:
    """Every row of a workbook of units. `reach` are the units whose subtrees may be changed, `own` those for which the
    sender has business: below them they move nothing."""
    there = [row for row in sheet.rows if (unit := known.units.get(_said(sheet, row, CODE))) and not unit.retired]
    mine = {row.number for row in there}
    fresh = [row for row in sheet.rows if row.number not in mine]
    plan = plan_import(replace(sheet, rows=fresh), NOTHING, known)
    judged = JudgedNetwork(sheet.name, plan.unit_rows, plan=plan, faults=plan.faults)
    _judge_known(judged, replace(sheet, rows=there), known, reach)
    _judge_reach(judged, known, reach, own)
    _leave_out_bad(judged, known)
    return judged.settle(sheet)


def judge_posts(sheet: Sheet, known: Known, reach: Collection[int], by: int | None = None) -> JudgedNetwork:
    """Every row of a workbook of posts. Posts that are held already stay; none is ended by a workbook, and nobody (`by`:
    who sent it) appoints themselves."""
    open_rows = [row for row in sheet.rows if not _held(sheet, row, known)]
    held = len(sheet.rows) - len(open_rows)
    plan = plan_import(NOTHING, replace(sheet, rows=open_rows), known)
    judged = JudgedNetwork(sheet.name, plan.post_rows + held, plan=plan, unchanged=held, faults=plan.faults)
    for post in plan.posts:
        unit = known.units.get(post.unit_code)
        if unit is not None and not _within(unit, reach):
            judged.plan.fault(POSTS, post.row, rules.CODE, _("这个单位不在您管理的范围内"))
        elif Role(post.role) in OFFICERS:
            judged.plan.fault(POSTS, post.row, rules.ROLE, _("三员不由秘书处设置"))
        elif post.sign_in_name in known.people and known.people[post.sign_in_name].id == by:
            sentence = _("不能任命自己，请由另一位秘书处人员办理")
            judged.plan.fault(POSTS, post.row, rules.SIGN_IN_NAME, sentence)
    bad = set(judged.bad_rows)
    # A person's rows stand or fall together: half of a new person would be somebody else.
    names = {post.sign_in_name for post in plan.posts if post.row in bad and post.sign_in_name not in known.people}
    for post in plan.posts:
        if post.row not in bad and post.sign_in_name in names:
            judged.plan.fault(POSTS, post.row, rules.SIGN_IN_NAME, _("此人的另一行有误，一并留下"))
    bad = set(judged.bad_rows)
    plan.posts = [post for post in plan.posts if post.row not in bad]
    return judged.settle(sheet)


def _said(sheet: Sheet, row: Row, column: Column[str]) -> str:
    return coded(sheet.cell(row, column.title))


def _held(sheet: Sheet, row: Row, known: Known) -> bool:
    person = known.people.get(_said(sheet, row, SIGN_IN_NAME))
    role = rules.ROLES.get(rules.plain_label(sheet.cell(row, rules.ROLE).text))
    same = person is not None and person.name == tidy(sheet.cell(row, rules.DISPLAY_NAME).text)
    return bool(person and same and role and (_said(sheet, row, CODE), role) in person.posts)


def _within(unit: KnownUnit, reach: Collection[int]) -> bool:
    return any(one in reach for one in unit.path)


def _judge_known(judged: JudgedNetwork, sheet: Sheet, known: Known, reach: Collection[int]) -> None:
    own = Plan(known)
    by_id = {unit.id: code for code, unit in known.units.items()}
    bearers = {u.document_prefix: code for code, u in known.units.items() if u.document_prefix and not u.retired}
    bearers |= {unit.document_prefix: unit.code for unit in judged.plan.units if unit.document_prefix}
    seen: dict[str, int] = {}
    for row in rows_of(own, UNITS, sheet):
        judged.total += 1
        code = row.text(CODE)
        unit = known.units[code]
        if code in seen:
            row.error(rules.CODE, _("单位代码“%(code)s”与第 %(row)s 行重复，请改其中一行", code=code, row=seen[code]))
        seen.setdefault(code, row.number)
        if not _within(unit, reach):
            row.error(rules.CODE, _("这个单位不在您管理的范围内"))
        changed = _compare(row, code, unit, by_id, bearers)
        if row.sound and changed.what:
            judged.changed.append(changed)
        elif row.sound:
            judged.unchanged += 1
        judged.faults += row.errors
    judged.faults += own.faults


def _compare(row: NetworkRow, code: str, unit: KnownUnit, by_id: Mapping[int, str], bearers: dict[Any, str]) -> Changed:
    level, kind = row.get(LEVEL), row.get(KIND)
    if (level and level != unit.level) or (kind and kind != unit.kind):
        row.error(rules.KIND, _("层级、类别不能由导入更改；确要更改的，请另设单位再合并"))
    name = row.text(NAME)
    short = row.text(SHORT_NAME) or (name[:60] if row.has(SHORT_NAME) else unit.short_name)
    prefix = row.text(PREFIX) if row.has(PREFIX) else unit.document_prefix or ""
    if prefix and bearers.get(prefix, code) != code:
        row.error(rules.PREFIX, _("机关代字“%(prefix)s”已有单位使用", prefix=prefix))
    elif prefix:
        bearers[prefix] = code
    parent = by_id.get(unit.parent_id or 0, "")
    wanted = _said(row.sheet, row.row, PARENT)
    if wanted != parent and not parent:
        row.error(rules.PARENT, _("全市的根单位不能划转"))
    elif wanted != parent and unit.kind in ORGANS:
        row.error(rules.PARENT, _("内设机构不能用导入划转，请在单位页办理"))
    pairs = (
        (rules.NAME, unit.name, name), (rules.SHORT_NAME, unit.short_name, short),
        (rules.PREFIX, unit.document_prefix or "", prefix), (rules.PARENT, parent, wanted),
    )  # fmt: skip
    return Changed(
        row.number,
        code,
        name,
        tuple((column, now, then) for column, now, then in pairs if now != then),
        {"name": name, "short_name": short, "document_prefix": prefix or None},
        wanted if wanted != parent else None,
    )


def _judge_reach(judged: JudgedNetwork, known: Known, reach: Collection[int], own: Collection[int]) -> None:
    """New units and moves end within one's reach, below something that can have units below it, and in no loop."""
    fresh = {unit.code: unit for unit in judged.plan.units}
    moves = {one.code: one for one in judged.changed if one.parent_code is not None}
    by_id = {unit.id: code for code, unit in known.units.items()}

    def above(code: str) -> str:
        if code in moves:
            return moves[code].parent_code or ""
        if code in fresh:
            return fresh[code].parent_code or ""
        unit = known.units.get(code)
        return by_id.get(unit.parent_id or 0, "") if unit else ""

    for one in moves.values():
        parent = known.units.get(one.parent_code or "") or fresh.get(one.parent_code or "")
        if parent is None:
            said = (one.parent_code or "")[:30]
            _misplaced(judged, one, _("没有上级单位“%(code)s”，请核对代码，或把它也列入单位表", code=said))
        elif isinstance(parent, KnownUnit) and (parent.retired or not _within(parent, reach)):
            _misplaced(judged, one, _("上级单位不在您管理的范围内，或已撤销"))
        elif parent.kind in ORGANS:
            _misplaced(judged, one, _("内设机构不能有下级单位，请填其上级单位"))
        elif known.units[one.code].level.depth < parent.level.depth:
            _misplaced(judged, one, _("层级高于上级单位"))
        elif known.units[one.code].id in reach:
            _misplaced(judged, one, _("本级单位不由自己的秘书处划转"))
    for code in [*moves, *fresh]:
        way, at = {code}, above(code)
        while at and at not in way:
            way.add(at)
            at = above(at)
        if at == code and code in moves:
            _misplaced(judged, moves[code], _("上级单位绕成了一圈，回到了自己；请改其中一个单位的上级"))
        elif at == code and code in fresh:
            said = _("上级单位绕成了一圈，回到了自己；请改其中一个单位的上级")
            judged.plan.fault(UNITS, fresh[code].row, rules.PARENT, said)
        elif len(way) > rules.DEEPEST:
            row = moves[code].row if code in moves else fresh[code].row
            judged.plan.fault(UNITS, row, rules.PARENT, _("层次过深，最多 %(most)s 层", most=rules.DEEPEST))
        elif code in moves and {known.units[one].id for one in way if one in known.units} & set(own) - set(known.units[code].path):
            _misplaced(judged, moves[code], _("这会扩大您本人岗位的范围，请由另一位秘书处人员办理"))
    for unit in fresh.values():
        parent_unit = known.units.get(unit.parent_code or "")
        if (parent_unit is not None and not _within(parent_unit, reach)) or unit.parent_code is None:
            judged.plan.fault(UNITS, unit.row, rules.PARENT, _("上级单位不在您管理的范围内"))


def _misplaced(judged: JudgedNetwork, one: Changed, sentence: str) -> None:
    judged.plan.fault(UNITS, one.row, rules.PARENT, sentence)


def _leave_out_bad(judged: JudgedNetwork, known: Known) -> None:
    """What hangs below a row that stays out stays out too."""
    bad = set(judged.bad_rows)
    good = {unit.code for unit in judged.plan.units if unit.row not in bad}
    there = {code for code, unit in known.units.items() if not unit.retired}
    waiting = True
    while waiting:
        waiting = False
        for unit in judged.plan.units:
            if unit.code in good and unit.parent_code not in good and unit.parent_code not in there:
                good.discard(unit.code)
                sentence = _("上级单位“%(code)s”的那一行有误", code=unit.parent_code)
                judged.plan.fault(UNITS, unit.row, rules.PARENT, sentence)
                waiting = True
        for one in judged.changed:
            if one.row not in bad and one.parent_code and one.parent_code not in good and one.parent_code not in there:
                bad.add(one.row)
                _misplaced(judged, one, _("上级单位“%(code)s”的那一行有误", code=one.parent_code))
                waiting = True
    bad = set(judged.bad_rows)
    judged.plan.units = [unit for unit in judged.plan.units if unit.row not in bad]
    judged.changed = [one for one in judged.changed if one.row not in bad]
