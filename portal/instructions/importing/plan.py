"""What a row of the workbook holds, what is found about it, and what it becomes: the words of the import, judged elsewhere."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from portal.deadlines.queries import rules_of
from portal.deadlines.reckon import closing
from portal.deadlines.rules import SourceLevel, Urgency
from portal.kernel.db import db
from portal.kernel.text import objections, tidy
from portal.matters.sameness import Paper

COLUMNS = (
    "序号", "批示来源", "批示领导", "批示日期", "收到日期", "来文标题", "来文字号", "批示内容", "紧急程度", "是否保密",
    "主办单位代码", "协办单位代码", "办理要求", "登记单位代码",
)  # fmt: skip
NUMBER, SOURCE, LEADER, SIGNED, RECEIVED, TITLE, DOCUMENT, TEXT, URGENCY, SECRECY = COLUMNS[:10]
LEAD, HELPING, REQUIREMENT, OFFICE = COLUMNS[10:]
REQUIRED = (SOURCE, LEADER, SIGNED, RECEIVED, TITLE, TEXT, URGENCY, SECRECY, LEAD)
MOST_ROWS = 1000
LEVELS = {"中央": SourceLevel.CENTRAL, "省": SourceLevel.PROVINCE, "市": SourceLevel.CITY, "县": SourceLevel.COUNTY}
URGENCIES = {"一般": Urgency.NORMAL, "急件": Urgency.URGENT}
SECRECIES = {"是": True, "否": False}
_SHOWN = 40


Key = tuple[Paper, str, str]
"""What makes two instructions the same one: the paper, the source level, and the day as ISO text."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing about one row. `value` is None where it is not shown back; a `warning` does not keep the row out; of a
    `hidden` row no cell is kept."""

    row: int
    column: str | None
    value: str | None
    why: str
    fix: str
    empty: bool = False
    matter_id: str | None = None
    number: str | None = None
    warning: bool = False
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Planned:
    """A row that can be filed. Units by id, dates as ISO text: this is what the sealed preview keeps."""

    row: int
    paper_number: str | None
    source_level: str
    leader: str
    instructed_on: str
    received_on: str
    title: str
    document_number: str | None
    text: str
    urgency: str
    confidential: bool
    lead_unit_id: int
    lead_unit_name: str
    co_unit_ids: tuple[int, ...]
    requirement: str | None
    registering_unit_id: int

    @property
    def paper(self) -> Paper:
        """What makes two papers the same one."""
        return Paper.of(self.title, self.leader, self.document_number)

    @property
    def key(self) -> Key:
        """What makes two instructions the same one."""
        return (self.paper, self.source_level, self.instructed_on)


@dataclass
class Judged:
    """The workbook as judged. `kept` holds the cells of rows with faults, for the report."""

    sheet: str
    total: int
    good: list[Planned] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    kept: dict[int, list[Any]] = field(default_factory=dict)

    def hide(self, row: int, why: str, fix: str = "", **known: Any) -> None:
        """Of this row nothing is shown but its number, and why."""
        self.good = [one for one in self.good if one.row != row]
        self.faults = [fault for fault in self.faults if fault.row != row]
        self.faults.append(Fault(row, TITLE, None, why, fix, hidden=True, **known))
        self.kept.pop(row, None)

    @property
    def bad_rows(self) -> list[int]:
        """The rows that stay out."""
        return sorted({fault.row for fault in self.faults if not fault.warning})

    @property
    def marked_rows(self) -> list[int]:
        """The rows with a mark of classification: of them nothing is kept."""
        return [fault.row for fault in self.faults if fault.column is None]

    @property
    def unkept_rows(self) -> set[int]:
        """The rows of which no cell is kept."""
        return {fault.row for fault in self.faults if fault.hidden or fault.column is None}

    @property
    def warned_rows(self) -> list[int]:
        """The good rows that are worth a look."""
        return sorted({fault.row for fault in self.faults if fault.warning} - set(self.bad_rows))


_BEFORE_BRACKET = re.compile(r"\s+(?=[(（\[［〔【])")


def codes_in(text: str) -> list[str]:
    """The units of one cell, codes or “name (code)”, parted by 、 or any usual mark."""
    parted = "".join("、" if c in ",，;；/\n " else c for c in _BEFORE_BRACKET.sub("", tidy(text)))
    return list(dict.fromkeys(code for code in parted.split("、") if code))


def shown(text: str) -> str:
    """The beginning of what was typed, with what cannot be seen made visible."""
    visible = "".join("□" if objections(c, single_line=True) else c for c in tidy(text)[: _SHOWN + 1])
    return visible if len(visible) <= _SHOWN else visible[:_SHOWN] + "…"


def due_on(one: Planned) -> date:
    """The closing report's last day, as the preview shows it."""
    return closing(
        date.fromisoformat(one.received_on), SourceLevel(one.source_level), Urgency(one.urgency), rules_of(db.session())
    ).due_on
