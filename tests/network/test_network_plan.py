"""The two workbooks are judged row by row: every kind of bad row is named with its row, column and a sentence."""

from __future__ import annotations

import pytest

from portal.access.roles import Role
from portal.network import rules
from portal.network.models import Kind, Level
from portal.network.plan import POSTS, UNITS, Known, KnownPerson, KnownUnit, Plan, plan_import
from tests.network import small_network as small
from tests.network.small_network import posts_table, table, units_table

NEXT_UNIT = len(small.UNITS) + 2
NEXT_POST = len(small.POSTS) + 2
BUREAU = ("3301-18", "清溪县财政局", "财政局", "县(市、区)", "部门", "3301", "清财")


def judge_unit(*row: object) -> Plan:
    return plan_import(units_table(row), posts_table())


def judge_post(*row: object) -> Plan:
    return plan_import(units_table(), posts_table(row))


def bureau(**changed: object) -> tuple[object, ...]:
    values = dict(zip(("code", "name", "short", "level", "kind", "parent", "prefix"), BUREAU, strict=True))
    return tuple((values | changed).values())


def post(**changed: object) -> tuple[object, ...]:
    values = {"sign_in": "fin.leader", "name": "局长", "code": "3301-17", "role": "分管领导", "email": "a@localhost"}
    return tuple((values | changed).values())


def only_fault(plan: Plan, sheet: str, row: int, column: str) -> str:
    assert [(f.sheet, f.row, f.column) for f in plan.faults] == [(sheet, row, column)], plan.faults
    assert not plan.good
    return plan.faults[0].why


def test_a_sound_network_has_no_fault() -> None:
    plan = plan_import(units_table(BUREAU), posts_table(post(code="3301-18")))
    assert plan.faults == []
    assert (len(plan.units), len(plan.posts)) == (len(small.UNITS) + 1, len(small.POSTS) + 1)
    assert {unit.code: unit.depth for unit in plan.units}["330101"] == 3


@pytest.mark.parametrize(
    ("changed", "column", "words"),
    [
        ({"code": ""}, rules.CODE, "没有填写"),
        ({"code": "33 01"}, rules.CODE, "只能用字母、数字"),
        ({"code": "9" * 31}, rules.CODE, "最多 30"),
        ({"code": "3301-17"}, rules.CODE, "与第 8 行重复"),
        ({"name": ""}, rules.NAME, "没有填写"),
        ({"name": "财政\u200b局"}, rules.NAME, "零宽"),
        ({"name": "财政\u202e局"}, rules.NAME, "方向"),
        ({"name": "财" * 81}, rules.NAME, "最多 80"),
        ({"short": "财" * 61}, rules.SHORT_NAME, "最多 60"),
        ({"level": "国"}, rules.LEVEL, "不在可用的值之内"),
        ({"level": ""}, rules.LEVEL, "没有填写"),
        ({"kind": "公司"}, rules.KIND, "不在可用的值之内"),
        ({"parent": "9999"}, rules.PARENT, "没有上级单位"),
        ({"parent": ""}, rules.PARENT, "只能有一个"),
        ({"parent": "", "kind": "督查室"}, rules.PARENT, "内设机构必须有上级单位"),
        ({"parent": "3301-01"}, rules.PARENT, "内设机构不能有下级单位"),
        ({"parent": "3301-18"}, rules.PARENT, "绕成了一圈"),
        ({"level": "市"}, rules.LEVEL, "层级高于上级单位"),
        ({"prefix": "清教"}, rules.PREFIX, "与第 8 行重复"),
        ({"prefix": "清" * 21}, rules.PREFIX, "最多 20"),
    ],
)
def test_a_bad_unit_is_named_with_its_row(changed: dict[str, object], column: str, words: str) -> None:
    assert words in only_fault(judge_unit(*bureau(**changed)), UNITS, NEXT_UNIT, column)


@pytest.mark.parametrize(
    ("changed", "column", "words"),
    [
        ({"sign_in": ""}, rules.SIGN_IN_NAME, "没有填写"),
        ({"sign_in": "fin leader"}, rules.SIGN_IN_NAME, "登录名只能用"),
        ({"sign_in": "f" * 65}, rules.SIGN_IN_NAME, "最多 64"),
        ({"sign_in": "DUCHA"}, rules.SIGN_IN_NAME, "大小写"),
        ({"sign_in": "ducha", "email": "ducha@localhost"}, rules.DISPLAY_NAME, "另一个显示名"),
        ({"sign_in": "ducha", "name": "督查员甲"}, rules.EMAIL, "邮箱与第 2 行不同"),
        ({"name": ""}, rules.DISPLAY_NAME, "没有填写"),
        ({"name": "局\ufeff长"}, rules.DISPLAY_NAME, "字节顺序"),
        ({"code": "9999"}, rules.CODE, "没有单位"),
        ({"code": ""}, rules.CODE, "没有填写"),
        ({"role": "司机"}, rules.ROLE, "不在可用的值之内"),
        ({"role": "督查员"}, rules.ROLE, "只能设在督查室"),
        ({"role": "值班员"}, rules.ROLE, "总值班室"),
        ({"role": "承办人", "code": "33-02"}, rules.ROLE, "单位本身或其办公室"),
        ({"email": "nobody"}, rules.EMAIL, "格式有误"),
        ({"email": "a@b\r\nBcc: c@d"}, rules.EMAIL, "格式有误"),
        ({"email": "a" * 120 + "@x"}, rules.EMAIL, "最多 120"),
    ],
)
def test_a_bad_post_is_named_with_its_row(changed: dict[str, object], column: str, words: str) -> None:
    plan = judge_post(*post(**changed))
    found = [f.why for f in plan.faults if (f.sheet, f.row, f.column) == (POSTS, NEXT_POST, column)]
    assert {(f.sheet, f.row) for f in plan.faults} == {(POSTS, NEXT_POST)}
    assert any(words in sentence for sentence in found), plan.faults


def test_the_same_post_twice_is_named() -> None:
    plan = plan_import(units_table(), posts_table(small.POSTS[0]))
    assert "同样的岗位" in only_fault(plan, POSTS, NEXT_POST, rules.ROLE)


def test_the_three_officers_must_be_three_people() -> None:
    plan = judge_post("sys.admin", "系统员", "33", "审计员", "")
    assert {(f.row, f.column) for f in plan.faults} == {(7, rules.ROLE), (NEXT_POST, rules.ROLE)}
    assert all("三个人" in f.why for f in plan.faults)


def test_an_officer_holds_no_other_post() -> None:
    plan = judge_post("sys.admin", "系统员", "33", "主要领导", "")
    assert all("不得兼任" in f.why for f in plan.faults)
    assert len(plan.faults) == 2


def test_every_member_of_a_loop_is_named_and_what_hangs_below_is_not() -> None:
    plan = plan_import(
        units_table(
            bureau(code="A", parent="C", prefix=""),
            bureau(code="B", parent="A", prefix=""),
            bureau(code="C", parent="B", prefix=""),
            bureau(code="D", parent="C", prefix=""),
        ),
        posts_table(),
    )
    assert [f.row for f in plan.faults] == [NEXT_UNIT, NEXT_UNIT + 1, NEXT_UNIT + 2]


def test_what_hangs_below_a_bad_row_is_not_blamed() -> None:
    plan = plan_import(
        units_table(bureau(kind="公司"), bureau(code="3301-19", prefix="", parent="3301-18")),
        posts_table(post(code="3301-18")),
    )
    only_fault(plan, UNITS, NEXT_UNIT, rules.KIND)


def test_a_missing_column_is_one_fault() -> None:
    plan = plan_import(table(rules.UNIT_COLUMNS[:-2], [row[:-2] for row in small.UNITS]), table((), []))
    assert [(f.sheet, f.row) for f in plan.faults] == [(UNITS, 1), (POSTS, 1)]
    assert rules.PARENT in plan.faults[0].why


def test_columns_may_stand_in_any_order_and_codes_be_numbers() -> None:
    back = tuple(reversed(rules.UNIT_COLUMNS))
    rows = [tuple(float(c) if str(c).isdigit() else c for c in reversed(row)) for row in small.UNITS]
    plan = plan_import(table(back, rows), posts_table())
    assert plan.good
    assert [unit.code for unit in plan.units] == [row[0] for row in small.UNITS]


def test_labels_with_full_width_brackets_are_understood() -> None:
    assert judge_unit(*bureau(level="县（市、区）")).good


def test_a_tree_that_is_too_deep_is_refused_once() -> None:
    deep = [bureau(code=f"V{n}", parent=f"V{n - 1}" if n else "3301", prefix="") for n in range(20)]
    plan = plan_import(units_table(*deep), posts_table())
    assert "层次过深" in only_fault(plan, UNITS, NEXT_UNIT + 10, rules.PARENT)


def test_what_the_city_has_already_counts() -> None:
    known = Known(
        {"33": KnownUnit(1, Kind.PARTY_COMMITTEE, Level.CITY, (1,), None, "江委")},
        {"leader": KnownPerson(7, "书记", frozenset({("33", Role.PRINCIPAL_LEADER)}))},
    )
    units = table(rules.UNIT_COLUMNS, [small.UNITS[0], small.UNITS[3]])
    posts = table(rules.POST_COLUMNS, [small.POSTS[1], ("leader", "书记", "3301", "主要领导", "")])
    plan = plan_import(units, posts, known)
    faults = {(f.sheet, f.row, f.column) for f in plan.faults}
    assert faults >= {(UNITS, 2, rules.CODE), (UNITS, 2, rules.PREFIX), (POSTS, 2, rules.ROLE)}
    assert not [f for f in plan.faults if f.row == 3]
    assert plan.new_people() == {}


def test_fifty_thousand_units_are_judged() -> None:
    villages = [bureau(code=f"V{n}", level="村(社区)", kind="村(社区)", parent="330101", prefix="") for n in range(50_000)]
    plan = plan_import(units_table(*villages), posts_table())
    assert plan.good
    assert plan.units[-1].depth == 4
