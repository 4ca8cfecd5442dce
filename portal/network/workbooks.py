"""A workbook of units or posts judged against the city's own: what is new, what changes, what stays, what is at fault.

Rows of new units and posts are judged as for a new city (`plan`). Rows of units that exist are renames and moves. A
secretariat's workbook reaches its own part of the tree and nothing else.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from portal.access.roles import OFFICERS, Role
from portal.kernel.language import _
from portal.network import rules
from portal.network.models import ORGANS
from portal.network.plan import POSTS, UNITS, Fault, Known, KnownUnit, Plan, Row, Table, plan_import, rows_of


@dataclass(frozen=True, slots=True)
class Changed:
    """A row that gives an existing unit other names or another parent: [(column, from, to)]."""

    row: int
    code: str
    name: str
    what: tuple[tuple[str, str, str], ...]
    values: dict[str, str | None]
    parent_code: str | None


@dataclass(slots=True)
class Judged:
    """A workbook, judged. `plan` holds what is new and free of faults."""

    sheet: str
    plan: Plan
    total: int = 0
    changed: list[Changed] = field(default_factory=list)
    unchanged: int = 0
    faults: list[Fault] = field(default_factory=list)

    @property
    def bad_rows(self) -> list[int]:
        """The rows with faults, each once."""
        return sorted({fault.row for fault in self.faults})

    @property
    def new(self) -> int:
        """How many units or posts are new."""
        return len(self.plan.units if self.sheet == UNITS else self.plan.posts)

    @property
    def fingerprint(self) -> list[Any]:
        """What would be done, to be compared with what was shown."""
        new: list[Any] = [[unit.row, unit.code, unit.parent_code] for unit in self.plan.units]
        new += [[post.row, post.sign_in_name, post.unit_code, str(post.role)] for post in self.plan.posts]
        return [new, [[one.row, one.code, *map(list, one.what)] for one in self.changed], self.bad_rows]


def judge_units(table: Table, known: Known, reach: Collection[int], own: Collection[int] = ()) -> Judged:
    """Every row of a workbook of units. `reach` are the units whose subtrees may be changed, `own` those for which the
    sender himself has business: below them he moves nothing."""
    codes = _places(table, rules.CODE)
    mine = {number for number, code in codes.items() if code in known.units and not known.units[code].retired}
    fresh = Table(table.header, [row for row in table.rows if row[0] not in mine])
    there = Table(table.header, [row for row in table.rows if row[0] in mine])
    plan = plan_import(fresh, Table(rules.POST_COLUMNS, ()), known)
    judged = Judged(UNITS, plan, plan.unit_rows, faults=plan.faults)
    if any(fault.row == 1 for fault in plan.faults):
        return judged
    _judge_known(judged, there, known, reach)
    _judge_reach(judged, known, reach, own)
    _leave_out_bad(judged, known)
    judged.faults.sort(key=lambda fault: fault.row)
    return judged


def judge_posts(table: Table, known: Known, reach: Collection[int], by: int | None = None) -> Judged:
    """Every row of a workbook of posts. Posts that are held already stay; none is ended by a workbook, and nobody (`by`:
    who sent it) appoints himself."""
    columns = {title: _places(table, title) for title in rules.POST_REQUIRED}
    held = set()
    for number, name in columns[rules.SIGN_IN_NAME].items():
        person = known.people.get(name)
        role = rules.ROLES.get(rules.plain_label(columns[rules.ROLE].get(number, "")))
        same = person is not None and person.name == columns[rules.DISPLAY_NAME].get(number)
        if person and same and role and (columns[rules.CODE].get(number, ""), role) in person.posts:
            held.add(number)
    plan = plan_import(Table(rules.UNIT_COLUMNS, ()), Table(table.header, [r for r in table.rows if r[0] not in held]), known)
    judged = Judged(POSTS, plan, plan.post_rows + len(held), unchanged=len(held), faults=plan.faults)
    for post in plan.posts:
        unit = known.units.get(post.unit_code)
        if unit is not None and not _within(unit, reach):
            judged.faults.append(Fault(POSTS, post.row, rules.CODE, _("这个单位不在您管理的范围内")))
        elif Role(post.role) in OFFICERS:
            judged.faults.append(Fault(POSTS, post.row, rules.ROLE, _("三员不由秘书处设置")))
        elif post.sign_in_name in known.people and known.people[post.sign_in_name].id == by:
            sentence = _("不能任命自己，请由另一位秘书处人员办理")
            judged.faults.append(Fault(POSTS, post.row, rules.SIGN_IN_NAME, sentence))
    bad = set(judged.bad_rows)
    # A person's rows stand or fall together: half of a new person would be somebody else.
    names = {post.sign_in_name for post in plan.posts if post.row in bad and post.sign_in_name not in known.people}
    for post in plan.posts:
        if post.row not in bad and post.sign_in_name in names:
            judged.faults.append(Fault(POSTS, post.row, rules.SIGN_IN_NAME, _("此人的另一行有误，一并留下")))
    bad = set(judged.bad_rows)
    plan.posts = [post for post in plan.posts if post.row not in bad]
    plan.faults = []
    judged.faults = sorted(judged.faults, key=lambda fault: fault.row)
    return judged


def _places(table: Table, title: str) -> dict[int, str]:
    header = ["".join(str(one).split()) for one in table.header]
    if title not in header:
        return {}
    at = header.index(title)
    return {number: str(cells[at] or "").strip() for number, cells in table.rows if at < len(cells)}


def _within(unit: KnownUnit, reach: Collection[int]) -> bool:
    return any(one in reach for one in unit.path)


def _judge_known(judged: Judged, table: Table, known: Known, reach: Collection[int]) -> None:
    own = Plan(known)
    by_id = {unit.id: code for code, unit in known.units.items()}
    bearers = {u.document_prefix: code for code, u in known.units.items() if u.document_prefix and not u.retired}
    bearers |= {unit.document_prefix: unit.code for unit in judged.plan.units if unit.document_prefix}
    seen: dict[str, int] = {}
    for row in rows_of(own, UNITS, table, rules.UNIT_COLUMNS, rules.UNIT_REQUIRED):
        judged.total += 1
        code = row.text(rules.CODE)
        unit = known.units[code]
        if code in seen:
            row.fault(rules.CODE, _("单位代码“%(code)s”与第 %(row)s 行重复，请改其中一行", code=code, row=seen[code]))
        seen.setdefault(code, row.number)
        if not _within(unit, reach):
            row.fault(rules.CODE, _("这个单位不在您管理的范围内"))
        changed = _compare(row, code, unit, by_id, bearers)
        if row.sound and changed.what:
            judged.changed.append(changed)
        elif row.sound:
            judged.unchanged += 1
    judged.faults += own.faults


def _compare(row: Row, code: str, unit: KnownUnit, by_id: Mapping[int, str], bearers: dict[Any, str]) -> Changed:
    level, kind = row.chosen(rules.LEVEL, rules.LEVELS), row.chosen(rules.KIND, rules.KINDS)
    if (level and level != unit.level) or (kind and kind != unit.kind):
        row.fault(rules.KIND, _("层级、类别不能由导入更改；确要更改的，请另设单位再合并"))
    name = row.text(rules.NAME)
    short = row.text(rules.SHORT_NAME, required=False) or (unit.short_name if rules.SHORT_NAME not in row.values else name[:60])
    prefix = row.text(rules.PREFIX, required=False) if rules.PREFIX in row.values else unit.document_prefix or ""
    if prefix and bearers.get(prefix, code) != code:
        row.fault(rules.PREFIX, _("机关代字“%(prefix)s”已有单位使用", prefix=prefix))
    elif prefix:
        bearers[prefix] = code
    parent = by_id.get(unit.parent_id or 0, "")
    wanted = row.values.get(rules.PARENT, "")
    if wanted != parent and not parent:
        row.fault(rules.PARENT, _("全市的根单位不能划转"))
    elif wanted != parent and unit.kind in ORGANS:
        row.fault(rules.PARENT, _("内设机构不能用导入划转，请在单位页办理"))
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


def _judge_reach(judged: Judged, known: Known, reach: Collection[int], own: Collection[int]) -> None:
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
            judged.faults.append(_of(one, _("没有上级单位“%(code)s”，请核对代码，或把它也列入单位表", code=said)))
        elif isinstance(parent, KnownUnit) and (parent.retired or not _within(parent, reach)):
            judged.faults.append(_of(one, _("上级单位不在您管理的范围内，或已撤销")))
        elif parent.kind in ORGANS:
            judged.faults.append(_of(one, _("内设机构不能有下级单位，请填其上级单位")))
        elif known.units[one.code].level.depth < parent.level.depth:
            judged.faults.append(_of(one, _("层级高于上级单位")))
        elif known.units[one.code].id in reach:
            judged.faults.append(_of(one, _("本级单位不由自己的秘书处划转")))
    for code in [*moves, *fresh]:
        way, at = {code}, above(code)
        while at and at not in way:
            way.add(at)
            at = above(at)
        if at == code and code in moves:
            judged.faults.append(_of(moves[code], _("上级单位绕成了一圈，回到了自己；请改其中一个单位的上级")))
        elif at == code and code in fresh:
            said = _("上级单位绕成了一圈，回到了自己；请改其中一个单位的上级")
            judged.faults.append(Fault(UNITS, fresh[code].row, rules.PARENT, said))
        elif len(way) > rules.DEEPEST:
            row = moves[code].row if code in moves else fresh[code].row
            judged.faults.append(Fault(UNITS, row, rules.PARENT, _("层次过深，最多 %(most)s 层", most=rules.DEEPEST)))
        elif code in moves and {known.units[one].id for one in way if one in known.units} & set(own) - set(known.units[code].path):
            judged.faults.append(_of(moves[code], _("这会扩大您本人岗位的范围，请由另一位秘书处人员办理")))
    for unit in fresh.values():
        parent_unit = known.units.get(unit.parent_code or "")
        if (parent_unit is not None and not _within(parent_unit, reach)) or unit.parent_code is None:
            judged.faults.append(Fault(UNITS, unit.row, rules.PARENT, _("上级单位不在您管理的范围内")))


def _of(one: Changed, sentence: str) -> Fault:
    return Fault(UNITS, one.row, rules.PARENT, sentence)


def _leave_out_bad(judged: Judged, known: Known) -> None:
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
                judged.faults.append(Fault(UNITS, unit.row, rules.PARENT, sentence))
                waiting = True
        for one in judged.changed:
            if one.row not in bad and one.parent_code and one.parent_code not in good and one.parent_code not in there:
                bad.add(one.row)
                judged.faults.append(_of(one, _("上级单位“%(code)s”的那一行有误", code=one.parent_code)))
                waiting = True
    bad = set(judged.bad_rows)
    judged.plan.units = [unit for unit in judged.plan.units if unit.row not in bad]
    judged.changed = [one for one in judged.changed if one.row not in bad]
    judged.faults = list(dict.fromkeys(judged.faults))
    judged.plan.faults = []


def table_of(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> Table:
    """The table as it was kept: each row begins with its number."""
    return Table(tuple(header), [(int(row[0]), tuple(row[1:])) for row in rows])
