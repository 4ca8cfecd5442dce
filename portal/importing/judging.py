"""Judging a sheet row by row: one row with its cells understood, what is wrong with it, and what all rows come to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeAlias, TypeVar

from portal.importing.cells import Cell, Row, Sheet
from portal.importing.columns import Column, Unfit, shown
from portal.kernel.language import _
from portal.kernel.refusals import Invalid
from portal.kernel.text import tidy
from portal.vault.screening import classification_mark

P = TypeVar("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RowError:
    """One thing about one row: the value (None where it is not shown back), why it cannot be, what to do. A `warning` does
    not keep the row out; of a `hidden` row no cell is kept or shown. `sheet` says which, where several are judged together."""

    row: int
    column: str | None
    value: str | None
    why: str
    fix: str = ""
    empty: bool = False
    warning: bool = False
    hidden: bool = False
    record_id: str | None = None
    number: str | None = None
    sheet: str = ""

    @property
    def sentence(self) -> str:
        """Why and what to do, with the column, in one line."""
        said = f"{self.why}{self.number or ''}；{self.fix}".rstrip("；")
        return f"{self.column}：{said}" if self.column else said


class RowJudge:
    """One row while it is judged; `errors` collects what is found."""

    def __init__(self, sheet: Sheet, row: Row, kind: str = "") -> None:
        self.sheet, self.row, self.kind = sheet, row, kind
        self.errors: list[RowError] = []

    @property
    def number(self) -> int:
        """The row's number in the workbook."""
        return self.row.number

    @property
    def sound(self) -> bool:
        """Nothing keeps the row out, so far."""
        return all(error.warning for error in self.errors)

    def cell(self, title: str) -> Cell:
        """The row's cell in this column."""
        return self.sheet.cell(self.row, title)

    def typed(self, title: str) -> str:
        """What stands in this column, as text."""
        return tidy(self.cell(title).text)

    def get(self, column: Column[T]) -> T | None:
        """What the cell says; None where it is empty, or says what it must not, which is an error."""
        cell = self.cell(column.title)
        if self.faulty(column.title) or not self._stands(column, cell):
            return None
        try:
            return column.parse(cell)
        except Unfit as unfit:
            for why, fix in unfit.said:
                self.error(column.title, why, fix)
        return None

    def error(self, title: str, why: str, fix: str = "", *, warning: bool = False) -> None:
        """Note what is wrong with this row in this column, or only worth a look."""
        said = self.cell(title).text
        value, empty = shown(said), not tidy(said)
        self.errors.append(RowError(self.number, title, value, why, fix, empty=empty, warning=warning, sheet=self.kind))

    def faulty(self, title: str) -> bool:
        """Whether this column keeps the row out."""
        return any(error.column == title and not error.warning for error in self.errors)

    def missing(self, title: str) -> tuple[str, str]:
        """What is said of an empty cell that must not be: why, and what to do."""
        return _("必填，不能为空"), _("请补填")

    def _stands(self, column: Column[object], cell: Cell) -> bool:
        text = cell.text
        if "密" in text and classification_mark(text):
            why, fix = _("带有密级标志，不得在本系统处理"), _("请按保密规定线下办理")
            self.errors.append(RowError(self.number, column.title, "", why, fix, empty=True, sheet=self.kind))
        elif cell.error:
            self.error(column.title, _("单元格显示错误值"), _("请改为实际内容"))
        elif cell.formula and not column.formulas:
            self.error(column.title, _("单元格是公式，不是内容"), _("请复制后以“数值”粘贴"))
        elif tidy(text):
            return True
        elif column.required:
            self.error(column.title, *self.missing(column.title))
        return False


@dataclass
class Judged(Generic[P]):
    """A sheet as judged: the rows that can be taken, as what they become, and what was found. `kept` holds the cells of the
    rows that may be shown back, `passed` the rows that are none, `tally` whatever else was counted."""

    sheet: str = ""
    total: int = 0
    good: list[P] = field(default_factory=list)
    faults: list[RowError] = field(default_factory=list)
    kept: dict[int, dict[str, Cell]] = field(default_factory=dict)
    passed: list[tuple[int, str]] = field(default_factory=list)
    tally: dict[str, int] = field(default_factory=dict)

    def hide(self, row: int, column: str, why: str, fix: str = "", **known: str | bool | None) -> None:
        """Of this row nothing is shown but its number, and why."""
        self.faults = [fault for fault in self.faults if fault.row != row]
        self.faults.append(RowError(row, column, None, why, fix, hidden=True, **known))  # type: ignore[arg-type]
        self.kept.pop(row, None)

    @property
    def bad_rows(self) -> list[int]:
        """The rows that stay out, each once."""
        return sorted({fault.row for fault in self.faults if not fault.warning})

    @property
    def warned_rows(self) -> list[int]:
        """The good rows that are worth a look."""
        return sorted({fault.row for fault in self.faults if fault.warning} - set(self.bad_rows))

    @property
    def marked_rows(self) -> list[int]:
        """The rows with a mark of classification: of them nothing is kept."""
        return [fault.row for fault in self.faults if fault.hidden and fault.column is None]

    @property
    def hidden_rows(self) -> set[int]:
        """The rows of which no cell is kept or shown."""
        return {fault.row for fault in self.faults if fault.hidden}


AnyJudged: TypeAlias = "Judged[Any]"  # type: ignore[explicit-any]  # whatever its rows become


def refuse_unfit(sheet: Sheet, columns: Sequence[Column[object]], most_rows: int) -> None:
    """Refuse (Invalid) a sheet that lacks a column, has no rows or too many."""
    missing = [column.title for column in columns if column.required and column.title not in sheet.header]
    if missing:
        raise Invalid(_("工作表缺少这些列：%(columns)s。请用空表的表头。", columns="、".join(missing)))
    if not sheet.rows:
        raise Invalid(_("工作表里只有表头，没有要导入的行。"))
    if len(sheet.rows) > most_rows:
        raise Invalid(_("行数过多，一次最多 %(most)s 行，请分几次导入。", most=most_rows))
