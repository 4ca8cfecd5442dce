"""What a row of the workbook holds, and what it becomes: the words of the import, judged elsewhere."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from portal.deadlines.queries import rules_of
from portal.deadlines.reckon import closing
from portal.deadlines.rules import SourceLevel, Urgency
from portal.importing.columns import Column, coded, day, one_of, words
from portal.instructions import rules
from portal.kernel.db import db
from portal.kernel.text import tidy
from portal.matters.sameness import Paper

MOST_ROWS = 1000
LEVELS = {"中央": SourceLevel.CENTRAL, "省": SourceLevel.PROVINCE, "市": SourceLevel.CITY, "县": SourceLevel.COUNTY}
URGENCIES = {"一般": Urgency.NORMAL, "急件": Urgency.URGENT}
SECRECIES = {"是": True, "否": False}

NUMBER = Column("序号", words(rules.MOST_PAPER_NUMBER), width=8)
SOURCE = Column("批示来源", one_of(LEVELS), required=True, fill=True, width=10)
LEADER = Column("批示领导", words(rules.MOST_LEADER), required=True, fill=True, width=14)
SIGNED = Column("批示日期", day, required=True, also=("批示时间",), fill=True, width=14)
RECEIVED = Column("收到日期", day, required=True, also=("收文日期", "收到时间"), fill=True, width=14)
TITLE = Column("来文标题", words(rules.MOST_TITLE), required=True, also=("标题", "文件标题"), width=36)
DOCUMENT = Column("来文字号", words(rules.MOST_NUMBER), also=("文号", "字号", "来文文号"), width=24)
TEXT = Column("批示内容", words(rules.MOST_TEXT, lines=True), required=True, also=("批示意见",), width=44)
URGENCY = Column("紧急程度", one_of(URGENCIES), required=True, also=("缓急",), fill=True, width=10)
SECRECY = Column("是否保密", one_of(SECRECIES), required=True, also=("保密",), fill=True, width=10)
LEAD = Column("主办单位代码", coded, required=True, also=("主办单位", "牵头单位"), width=16)
HELPING = Column("协办单位代码", coded, also=("协办单位",), width=24)
REQUIREMENT = Column("办理要求", words(rules.MOST_REQUIREMENT, lines=True), width=30)
OFFICE = Column("登记单位代码", coded, also=("登记单位",), fill=True, width=16)
SHEET: tuple[Column[object], ...] = (
    NUMBER, SOURCE, LEADER, SIGNED, RECEIVED, TITLE, DOCUMENT, TEXT, URGENCY, SECRECY, LEAD, HELPING, REQUIREMENT, OFFICE,
)  # fmt: skip
COLUMNS = tuple(column.title for column in SHEET)

Key = tuple[Paper, str, str]
"""What makes two instructions the same one: the paper, the source level, and the day as ISO text."""


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

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Planned:
        """The row as the preview keeps it."""
        return cls(**{**kept, "co_unit_ids": tuple(kept["co_unit_ids"])})

    @property
    def paper(self) -> Paper:
        """What makes two papers the same one."""
        return Paper.of(self.title, self.leader, self.document_number)

    @property
    def key(self) -> Key:
        """What makes two instructions the same one."""
        return (self.paper, self.source_level, self.instructed_on)


_BEFORE_BRACKET = re.compile(r"\s+(?=[(（\[［〔【])")


def codes_in(text: str) -> list[str]:
    """The units of one cell, codes or “name (code)”, parted by 、 or any usual mark."""
    parted = "".join("、" if c in ",，;；/\n " else c for c in _BEFORE_BRACKET.sub("", tidy(text)))
    return list(dict.fromkeys(code for code in parted.split("、") if code))


def due_on(one: Planned) -> date:
    """The closing report's last day, as the preview shows it."""
    return closing(
        date.fromisoformat(one.received_on), SourceLevel(one.source_level), Urgency(one.urgency), rules_of(db.session())
    ).due_on
