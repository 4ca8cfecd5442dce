"""Judging one row: what keeps it out, what is only worth a look. A row with a mark of classification is known by its
number alone; nothing of it is shown back or kept.
"""

from __future__ import annotations

from datetime import date
from difflib import get_close_matches

from sqlalchemy import select

from portal.importing.cells import Row, Sheet
from portal.importing.columns import Column, halved, shown
from portal.importing.judging import RowError, RowJudge
from portal.instructions import rules
from portal.instructions.importing.plan import (
    DOCUMENT,
    HELPING,
    LEAD,
    LEADER,
    NUMBER,
    OFFICE,
    RECEIVED,
    REQUIREMENT,
    SECRECY,
    SIGNED,
    SOURCE,
    TEXT,
    TITLE,
    URGENCY,
    Planned,
    codes_in,
)
from portal.kernel.db import current_city, db
from portal.kernel.language import _
from portal.network.models import Unit
from portal.network.rules import contradiction, name_and_code
from portal.vault.screening import classification_mark

_SUGGESTED = 50


class NamedUnits:
    """The units that the workbook names, read in one statement; and which code was probably meant."""

    def __init__(self, sheet: Sheet) -> None:
        cells = [sheet.cell(row, column.title).text for row in sheet.rows for column in (LEAD, HELPING, OFFICE)]
        codes = {name_and_code(typed)[1] for text in cells for typed in codes_in(halved(text))}
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


class InstructionJudge(RowJudge):
    """Judges one row."""

    def __init__(self, sheet: Sheet, row: Row, units: NamedUnits, offices: set[int], own: int | None) -> None:
        super().__init__(sheet, row)
        self.units, self.offices, self.own = units, offices, own

    def judge(self) -> Planned | None:
        """What the row becomes; None where something keeps it out."""
        secret = any(word in self.typed(SECRECY.title) for word in ("绝密", "机密", "秘密"))
        if secret or any(isinstance(c.value, str) and classification_mark(c.value) for c in self.row.cells):
            why = _("带有密级标志，不得在本系统处理，本行内容没有保存")
            self.errors.append(RowError(self.number, None, None, why, _("请按保密规定线下办理"), hidden=True))
            return None
        number, level, leader = self.get(NUMBER), self.get(SOURCE), self.get(LEADER)
        signed, received = self.get(SIGNED), self.get(RECEIVED)
        title, document, text = self.get(TITLE), self.get(DOCUMENT), self.get(TEXT)
        urgency, confidential = self.get(URGENCY), self.get(SECRECY)
        requirement = self.get(REQUIREMENT)
        self._dates(signed, received)
        office = self._office()
        lead = self._lead(office)
        helping = self._helping(lead, bool(confidential))
        if not self.sound or level is None or urgency is None or confidential is None or not (signed and received):
            return None
        if lead is None or office is None or leader is None or title is None or text is None:
            return None
        return Planned(
            row=self.number,
            paper_number=number,
            source_level=level.value,
            leader=leader,
            instructed_on=signed.isoformat(),
            received_on=received.isoformat(),
            title=title,
            document_number=document,
            text=text,
            urgency=urgency.value,
            confidential=confidential,
            lead_unit_id=lead.id,
            lead_unit_name=lead.name,
            co_unit_ids=tuple(unit.id for unit in helping),
            requirement=requirement,
            registering_unit_id=office,
        )

    def _dates(self, signed: date | None, received: date | None) -> None:
        # A missing one is judged as if it were the other, so that each is still held to the calendar.
        first, second = signed or received, received or signed
        if first is None or second is None:
            return
        titles = {"instructed_on": SIGNED, "received_on": RECEIVED}
        for name, why in rules.date_faults(first, second).items():
            if (signed if name == "instructed_on" else received) is not None:
                self.error(titles[name].title, why, _("请核对日期"))

    def _office(self) -> int | None:
        """The registering unit: the importer's own, or another for which he registers too."""
        code = self.get(OFFICE)
        if code is None:
            if self.own is None and not self.faulty(OFFICE.title):
                self.error(OFFICE.title, _("您现在不能为该单位登记"), _("请交该单位的督查室导入"))
            return None if self.faulty(OFFICE.title) else self.own
        unit = self._unit(OFFICE, code)
        if unit is None:
            return None
        if unit.acts_for_id not in self.offices:
            self.error(OFFICE.title, _("由%(unit)s登记，不由您登记", unit=unit.name), _("请交该单位的督查室导入"))
            return None
        return unit.acts_for_id

    def _lead(self, office: int | None) -> Unit | None:
        code = self.get(LEAD)
        if code is None:
            return None
        unit = self._unit(LEAD, code)
        if unit is None:
            return None
        fault = rules.lead_fault(unit, office) if office is not None else None
        if fault:
            self.error(LEAD.title, fault, _("请改填主办单位的代码"))
            return None
        return unit

    def _helping(self, lead: Unit | None, confidential: bool) -> list[Unit]:
        text = self.get(HELPING)
        if text is None:
            return []
        if confidential:
            self.error(HELPING.title, _("限定知悉的事项不设协办单位，协办单位不导入"), _("可以导入"), warning=True)
            return []
        found = []
        for code in codes_in(text):
            unit = self._unit(HELPING, code)
            if unit is None:
                continue
            if fault := rules.co_fault(unit, lead):
                self.error(HELPING.title, fault, _("请改正或删去"))
            else:
                found.append(unit)
        return found

    def _unit(self, column: Column[str], typed: str) -> Unit | None:
        unit = self.units.get(typed)
        if unit is None:
            self._unknown(column, name_and_code(typed)[1])
        elif why := contradiction(unit, typed):
            self.error(column.title, *why)
            return None
        return unit

    def _unknown(self, column: Column[str], code: str) -> None:
        near = self.units.nearest(code)
        fix = _("是不是 %(unit)s？", unit=near) if near else _("请填单位网络中的单位代码")
        self.error(column.title, _("没有代码为“%(code)s”的单位", code=shown(code)), fix)
