"""The paper register of the demonstration city: its rows with their dates moved, and the units that each concerns."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from portal.commands.demonstration.cast import LEVELS, URGENCIES, Row, all_units, forwarded_to
from portal.commands.demonstration.course import Course
from portal.importing.reading import read_rows
from portal.network.models import Unit

LAST_RECEIVED = timedelta(days=3)  # before the day on which the city is founded
WORKBOOK = Path(__file__).with_name("instructions.xlsx")


def read_register(today: date) -> list[Row]:
    """The workbook's rows, in order of receipt, with dates moved to end a few days before `today`."""
    sheet = read_rows(WORKBOOK.read_bytes())

    def cell(row: Any, title: str) -> Any:
        return sheet.cell(row, title)

    last = max(cell(row, "收到日期").day for row in sheet.rows)
    shift = today - LAST_RECEIVED - last
    rows = [
        Row(
            number=int(float(cell(row, "序号").text)),
            level=LEVELS[cell(row, "批示来源").text],
            leader=cell(row, "批示领导").text,
            instructed_on=cell(row, "批示日期").day + shift,
            received_on=cell(row, "收到日期").day + shift,
            title=cell(row, "来文标题").text,
            document_number=cell(row, "来文字号").text,
            text=cell(row, "批示内容").text,
            urgency=URGENCIES[cell(row, "紧急程度").text],
            confidential=cell(row, "是否保密").text == "是",
            lead_code=cell(row, "主办单位代码").text,
            co_codes=tuple(code for code in cell(row, "协办单位代码").text.split("、") if code),
            requirement=cell(row, "办理要求").text,
            registering_code=cell(row, "登记单位代码").text,
        )
        for row in sheet.rows
    ]
    return sorted(rows, key=lambda row: (row.received_on, row.number))


class Register:
    """The courses of all rows, and the units that they concern; inside the city."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self.courses = [Course(row) for row in rows]
        self._units = all_units()

    def unit(self, code: str) -> Unit:
        """The unit with this code."""
        return self._units[code]

    def lead(self, course: Course) -> Unit:
        """Who leads it."""
        return self._units[course.row.lead_code]

    def below(self, course: Course) -> list[Unit]:
        """To whom the lead unit forwards it."""
        if course.forwarded_at is None:
            return []
        lead = self.lead(course)
        return forwarded_to(course.row, (one for one in self._units.values() if one.parent_id == lead.id))
