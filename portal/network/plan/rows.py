"""The columns of a network's two workbooks, and their rows while they are judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from portal.importing.cells import Cell, Sheet
from portal.importing.columns import Column, Unfit, coded, one_of, shown, words
from portal.importing.judging import RowJudge
from portal.kernel.language import _
from portal.network import rules
from portal.network.plan.contents import POSTS, UNITS, Plan

T = TypeVar("T")


def _among(title: str, known: Mapping[str, T]) -> Callable[[Cell], T]:
    parse = one_of(known)

    def chosen(cell: Cell) -> T:
        try:
            return parse(cell)
        except Unfit:
            said, among = shown(cell.text), "、".join(known)
            why = _("%(column)s“%(said)s”不在可用的值之内：%(words)s", column=title, said=said, words=among)
            raise Unfit((why, "")) from None

    return chosen


def _code(title: str) -> Callable[[Cell], str]:
    parse = words(rules.LONGEST[title])
    return lambda cell: parse(Cell(coded(cell)))


def _text(title: str, *also: str, required: bool = False, width: float = 16) -> Column[str]:
    return Column(title, words(rules.LONGEST[title]), required=required, also=also, formulas=True, width=width)


CODE = Column(rules.CODE, _code(rules.CODE), required=True, also=("代码", "机构代码"), fill=True, formulas=True)
NAME = _text(rules.NAME, "名称", "机构名称", required=True, width=30)
SHORT_NAME = _text(rules.SHORT_NAME, "单位简称", width=20)
LEVEL = Column(rules.LEVEL, _among(rules.LEVEL, rules.LEVELS), required=True, also=("单位层级",), fill=True, formulas=True)
KIND = Column(rules.KIND, _among(rules.KIND, rules.KINDS), required=True, also=("单位类别",), fill=True, formulas=True)
PARENT = Column(rules.PARENT, coded, required=True, also=("上级代码", "上级单位"), fill=True, formulas=True)
PREFIX = _text(rules.PREFIX, "代字")
SIGN_IN_NAME = Column(
    rules.SIGN_IN_NAME, _code(rules.SIGN_IN_NAME), required=True, also=("账号", "用户名"), fill=True, formulas=True, width=24
)
DISPLAY_NAME = Column(
    rules.DISPLAY_NAME, words(rules.LONGEST[rules.DISPLAY_NAME]), required=True, also=("姓名",), fill=True, formulas=True, width=24
)
ROLE = Column(rules.ROLE, _among(rules.ROLE, rules.ROLES), required=True, also=("岗位名称",), formulas=True)
EMAIL = Column(rules.EMAIL, words(rules.LONGEST[rules.EMAIL]), also=("电子邮箱", "电子邮件"), fill=True, formulas=True, width=28)
COLUMNS: dict[str, tuple[Column[object], ...]] = {
    UNITS: (CODE, NAME, SHORT_NAME, LEVEL, KIND, PARENT, PREFIX),
    POSTS: (SIGN_IN_NAME, DISPLAY_NAME, CODE, ROLE, EMAIL),
}


class NetworkRow(RowJudge):
    """One row of either workbook."""

    def missing(self, title: str) -> tuple[str, str]:
        """What is said of an empty cell that must not be."""
        return _("%(column)s没有填写", column=title), ""

    def text(self, column: Column[str]) -> str:
        """The cell's text, even where it is at fault: what else hangs on it is judged by it."""
        return self.get(column) or self.typed(column.title)

    def has(self, column: Column[str]) -> bool:
        """Whether the workbook has this column."""
        return column.title in self.sheet.header


def rows_of(plan: Plan, kind: str, sheet: Sheet) -> list[NetworkRow]:
    """The sheet's rows that hold anything; none where a required column is missing, which is a fault."""
    missing = [column.title for column in COLUMNS[kind] if column.required and column.title not in sheet.header]
    if missing:
        plan.fault(kind, 1, "", _("缺少这些列：%(titles)s", titles="、".join(missing)))
        return []
    return [NetworkRow(sheet, row, kind) for row in sheet.rows if any(cell.text.strip() for cell in row.cells)]
