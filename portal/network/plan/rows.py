"""A sheet's rows while they are judged: cells as text, each fault with its row, column and a sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from portal.kernel.language import _
from portal.kernel.text import explain, objections, tidy
from portal.network import rules
from portal.network.plan.contents import Plan


@dataclass(frozen=True, slots=True)
class Table:
    """A sheet as it was read: its titles, and its rows with the numbers that Excel shows."""

    header: Sequence[str]
    rows: Sequence[tuple[int, Sequence[Any]]]


def rows_of(plan: Plan, sheet: str, table: Table, columns: Sequence[str], required: Sequence[str]) -> list[Row]:
    """The sheet's rows that hold anything, by column; none where a required column is missing, which is a fault."""
    header = ["".join(title.split()) for title in table.header]
    missing = [title for title in required if title not in header]
    if missing:
        plan.fault(sheet, 1, "", _("缺少这些列：%(titles)s", titles="、".join(missing)))
        return []
    places = {title: header.index(title) for title in columns if title in header}
    found = []
    for number, cells in table.rows:
        values = {title: _text(cells[at]) if at < len(cells) else "" for title, at in places.items()}
        if any(values.values()):
            found.append(Row(plan, sheet, number, values))
    return found


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))  # a code that Excel took for a number
    if isinstance(cell, date):
        return cell.isoformat()
    return tidy(str(cell))


@dataclass(slots=True)
class Row:
    """One row while it is judged."""

    plan: Plan
    sheet: str
    number: int
    values: dict[str, str]
    sound: bool = True

    def fault(self, column: str, sentence: str) -> None:
        """Note one fault; the row is not sound any more."""
        self.plan.fault(self.sheet, self.number, column, sentence)
        self.sound = False

    def text(self, column: str, *, required: bool = True) -> str:
        """The cell's text; a hidden character, too many characters or nothing at all is a fault."""
        said = self.values.get(column, "")
        if not said and required:
            self.fault(column, _("%(column)s没有填写", column=column))
        most = rules.LONGEST[column]
        for code in objections(said, most, single_line=True):
            self.fault(column, explain(code, most))
        return said

    def chosen(self, column: str, among: Mapping[str, Any]) -> Any:
        """What the cell's word stands for; None, and a fault, where it is not among those that may be used."""
        said = self.values.get(column, "")
        found = among.get(rules.plain_label(said))
        if found is None:
            self.fault(
                column,
                _(
                    "%(column)s“%(said)s”不在可用的值之内：%(words)s",
                    column=column,
                    said=said[:20],
                    words="、".join(among),
                )
                if said
                else _("%(column)s没有填写", column=column),
            )
        return found
