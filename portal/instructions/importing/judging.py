"""Judging one row: what keeps it out, what is only worth a look. A row with a mark of classification is known by its
number alone; nothing of it is shown back or kept.
"""

from __future__ import annotations

from datetime import date
from difflib import get_close_matches
from typing import Any

from sqlalchemy import select

from portal.importing.cells import Cell, Row, Sheet
from portal.instructions import rules
from portal.instructions.importing.plan import (
    COLUMNS,
    DOCUMENT,
    HELPING,
    LEAD,
    LEADER,
    LEVELS,
    NUMBER,
    OFFICE,
    RECEIVED,
    REQUIRED,
    REQUIREMENT,
    SECRECIES,
    SECRECY,
    SIGNED,
    SOURCE,
    TEXT,
    TITLE,
    URGENCIES,
    URGENCY,
    Fault,
    Planned,
    codes_in,
    shown,
)
from portal.kernel.db import current_city, db
from portal.kernel.language import _
from portal.kernel.text import explain, objections, tidy
from portal.network.models import Unit
from portal.network.rules import contradiction, name_and_code
from portal.vault.screening import classification_mark

_LENGTHS = {
    NUMBER: rules.MOST_PAPER_NUMBER,
    LEADER: rules.MOST_LEADER,
    TITLE: rules.MOST_TITLE,
    DOCUMENT: rules.MOST_NUMBER,
    TEXT: rules.MOST_TEXT,
    REQUIREMENT: rules.MOST_REQUIREMENT,
}
_SUGGESTED = 50


class NamedUnits:
    """The units that the workbook names, read in one statement; and which code was probably meant."""

    def __init__(self, sheet: Sheet) -> None:
        cells = [sheet.cell(row, title).text for row in sheet.rows for title in (LEAD, HELPING, OFFICE)]
        codes = {name_and_code(typed)[1] for text in cells for typed in codes_in(text)}
        self._by_code = {
            unit.code: unit for unit in db.session.scalars(select(Unit).where(Unit.city_id == current_city(), Unit.code.in_(codes)))
        }
        self._known: dict[str, str] | None = None
        self._near: dict[str, str | None] = {}

    def get(self, typed: str) -> Unit | None:
        """The unit with this code, or with the code of this “name (code)”."""
        return self._by_code.get(name_and_code(typed)[1])

    def nearest(self, code: str) -> str | None:
        """The existing code most like this one, with its unit's name."""
        if code not in self._near:
            if len(self._near) >= _SUGGESTED:
                return None
            if self._known is None:
                units = select(Unit.code, Unit.name).where(Unit.city_id == current_city(), Unit.retired_on.is_(None))
                self._known = dict(db.session.execute(units).all())
            near = next(iter(get_close_matches(code[:30], self._known, 1, 0.7)), None)
            self._near[code] = f"{near} {self._known[near]}" if near else None
        return self._near[code]


class RowJudge:
    """Judges one row; `faults` collects what is found."""

    def __init__(self, sheet: Sheet, row: Row, units: NamedUnits, offices: set[int], own: int | None) -> None:
        self.sheet, self.row, self.units, self.offices, self.own = sheet, row, units, offices, own
        self.faults: list[Fault] = []

    def judge(self) -> Planned | None:
        """What the row becomes; None where something keeps it out."""
        secret = any(word in self._cell(SECRECY).text for word in ("绝密", "机密", "秘密"))
        if secret or any(isinstance(c.value, str) and classification_mark(c.value) for c in self.row.cells):
            why = _("带有密级标志，不得在本系统处理，本行内容没有保存")
            self.faults.append(Fault(self.row.number, None, None, why, _("请按保密规定线下办理")))
            return None
        for title in COLUMNS:
            self._cell_fault(title)
        words = {title: self._words(title, most) for title, most in _LENGTHS.items()}
        level = self._word_of(SOURCE, LEVELS)
        urgency = self._word_of(URGENCY, URGENCIES)
        confidential: bool | None = self._word_of(SECRECY, SECRECIES)
        signed, received = self._day(SIGNED), self._day(RECEIVED)
        self._dates(signed, received)
        office = self._office()
        lead = self._lead(office)
        helping = self._helping(lead, bool(confidential))
        if self._out() or level is None or urgency is None or confidential is None or not (signed and received):
            return None
        if lead is None or office is None:
            return None
        return Planned(
            row=self.row.number,
            paper_number=words[NUMBER] or None,
            source_level=level.value,
            leader=words[LEADER],
            instructed_on=signed.isoformat(),
            received_on=received.isoformat(),
            title=words[TITLE],
            document_number=words[DOCUMENT] or None,
            text=words[TEXT],
            urgency=urgency.value,
            confidential=confidential,
            lead_unit_id=lead.id,
            lead_unit_name=lead.name,
            co_unit_ids=tuple(unit.id for unit in helping),
            requirement=words[REQUIREMENT] or None,
            registering_unit_id=office,
        )

    def _out(self) -> bool:
        return any(not fault.warning for fault in self.faults)

    def _faulty(self, title: str) -> bool:
        return any(fault.column == title and not fault.warning for fault in self.faults)

    def _cell(self, title: str) -> Cell:
        return self.sheet.cell(self.row, title)

    def _add(self, title: str, why: str, fix: str, *, warning: bool = False) -> None:
        text = self._cell(title).text
        empty = not tidy(text)
        self.faults.append(Fault(self.row.number, title, shown(text), why, fix, empty=empty, warning=warning))

    def _cell_fault(self, title: str) -> None:
        cell = self._cell(title)
        if cell.error:
            self._add(title, _("单元格显示错误值"), _("请改为实际内容"))
        elif cell.formula:
            self._add(title, _("单元格是公式，不是内容"), _("请复制后以“数值”粘贴"))
        elif title in REQUIRED and not tidy(cell.text):
            self._add(title, _("必填，不能为空"), _("请补填"))

    def _words(self, title: str, most: int) -> str:
        text = tidy(self._cell(title).text)
        if text and not self._faulty(title):
            for code in objections(text, most, single_line=title not in (TEXT, REQUIREMENT)):
                self._add(title, explain(code, most).rstrip("。."), _mending(code, text, most))
        return text

    def _word_of(self, title: str, known: dict[str, Any]) -> Any:
        text = tidy(self._cell(title).text)
        if text in known:
            return known[text]
        if not self._faulty(title):
            self._add(title, _("没有“%(word)s”这一种", word=shown(text)), _("请填：%(words)s", words="、".join(known)))
        return None

    def _day(self, title: str) -> date | None:
        cell = self._cell(title)
        if self._faulty(title):
            return None
        if cell.day is None:
            self._add(title, _why_no_date(cell), _("请填成日期格式的单元格，例如 2026-11-05"))
        return cell.day

    def _dates(self, signed: date | None, received: date | None) -> None:
        # A missing one is judged as if it were the other, so that each is still held to the calendar.
        first, second = signed or received, received or signed
        if first is None or second is None:
            return
        titles = {"instructed_on": SIGNED, "received_on": RECEIVED}
        for name, why in rules.date_faults(first, second).items():
            if (signed if name == "instructed_on" else received) is not None:
                self._add(titles[name], why, _("请核对日期"))

    def _office(self) -> int | None:
        """The registering unit: the importer's own, or another for which he registers too."""
        code = tidy(self._cell(OFFICE).text)
        if self._faulty(OFFICE):
            return None
        if not code:
            return self.own
        unit = self._unit(OFFICE, code)
        if unit is None:
            return None
        if unit.acts_for_id not in self.offices:
            self._add(OFFICE, _("由%(unit)s登记，不由您登记", unit=unit.name), _("请交该单位的督查室导入"))
            return None
        return unit.acts_for_id

    def _lead(self, office: int | None) -> Unit | None:
        code = tidy(self._cell(LEAD).text)
        if self._faulty(LEAD):
            return None
        unit = self._unit(LEAD, code)
        if unit is None:
            return None
        fault = rules.lead_fault(unit, office) if office is not None else None
        if fault:
            self._add(LEAD, fault, _("请改填主办单位的代码"))
            return None
        return unit

    def _helping(self, lead: Unit | None, confidential: bool) -> list[Unit]:
        text = tidy(self._cell(HELPING).text)
        if not text or self._faulty(HELPING):
            return []
        if confidential:
            self._add(HELPING, _("限定知悉的事项不设协办单位，协办单位不导入"), _("可以导入"), warning=True)
            return []
        found = []
        for code in codes_in(text):
            unit = self._unit(HELPING, code)
            if unit is None:
                continue
            if fault := rules.co_fault(unit, lead):
                self._add(HELPING, fault, _("请改正或删去"))
            else:
                found.append(unit)
        return found

    def _unit(self, title: str, typed: str) -> Unit | None:
        unit = self.units.get(typed)
        if unit is None:
            self._unknown(title, name_and_code(typed)[1])
        elif why := contradiction(unit, typed):
            self._add(title, *why)
            return None
        return unit

    def _unknown(self, title: str, code: str) -> None:
        near = self.units.nearest(code)
        fix = _("是不是 %(unit)s？", unit=near) if near else _("请填单位网络中的单位代码")
        self._add(title, _("没有代码为“%(code)s”的单位", code=shown(code)), fix)


def _mending(code: str, text: str, most: int) -> str:
    """What to do about a text that is not accepted."""
    if code == "too_long":
        return _("现有 %(n)s 个字，请删去 %(over)s 个字", n=f"{len(text):,}", over=f"{len(text) - most:,}")
    return _("请并成一行") if code == "line_break" else _("请清空此格，重新键入")


def _why_no_date(cell: Cell) -> str:
    text = tidy(cell.text)
    if isinstance(cell.value, str):
        parts = [int(part) for part in "".join(c if c.isascii() and c.isdigit() else " " for c in text).split()[:3]]
        if len(parts) == 3 and 1000 <= parts[0] <= 9999:
            try:
                date(*parts)
            except ValueError:
                return _("没有这一天")
        return _("是文本，不是日期")
    return _("不是日期")
