"""What a registration may say: lengths, dates, units, marks of classification. The same for form and workbook."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from portal.deadlines.rules import SourceLevel, Urgency
from portal.kernel import clock
from portal.kernel.language import _
from portal.network.models import Unit
from portal.vault.screening import classification_mark

INSTRUCTION = "instruction"
"""The kind of record that a leader's instruction is."""
MOST_LEADER = 60
MOST_TITLE = 200
MOST_NUMBER = 80
MOST_TEXT = 5000
MOST_REQUIREMENT = 2000
MOST_PAPER_NUMBER = 20
MOST_REASON = 500
EARLIEST = date(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class Registration:
    """What the registering office typed. Units are records of this city. `beside`: the numbers of papers like this one of
    which it was told, and goes on; None where nobody is there to be asked."""

    source_level: SourceLevel
    urgency: Urgency
    confidential: bool
    instructed_on: date
    received_on: date
    title: str
    text: str
    leader: str
    leader_id: int | None = None
    document_number: str | None = None
    requirement: str | None = None
    lead_unit: Unit | None = None
    co_units: tuple[Unit, ...] = ()
    request_key: UUID | None = None
    beside: frozenset[str] | None = None

    @property
    def words(self) -> dict[str, str | None]:
        """Everything that is content, by field."""
        return {
            "title": self.title,
            "text": self.text,
            "leader": self.leader,
            "document_number": self.document_number,
            "requirement": self.requirement,
        }


def date_faults(instructed_on: date, received_on: date) -> dict[str, str]:
    """Received not before it was signed, neither in the future, neither from before the portal's time."""
    faults = {}
    for name, day in (("instructed_on", instructed_on), ("received_on", received_on)):
        if day > clock.today():
            faults[name] = _("日期晚于今日")
        elif day < EARLIEST:
            faults[name] = _("日期过早，请核对年份")
    if received_on < instructed_on:
        faults.setdefault("received_on", _("收到日期早于批示日期"))
    return faults


def lead_fault(unit: Unit, registering_unit_id: int) -> str | None:
    """A lead unit is no organ, exists today, and lies in the registering unit's reach."""
    if unit.is_organ:
        return _("%(unit)s是办事机构，不作主办单位；请选择它所属的单位", unit=unit.name)
    if unit.retired_on is not None and unit.retired_on <= clock.today():
        return _("%(unit)s已撤销，请选择现有单位", unit=unit.name)
    if registering_unit_id not in unit.path:
        return _("%(unit)s不在登记单位辖内，不能交办", unit=unit.name)
    return None


def co_fault(unit: Unit, lead_unit: Unit | None) -> str | None:
    """A co-unit is no organ, exists today, and is not the lead unit."""
    if unit.is_organ:
        return _("%(unit)s是办事机构，不作协办单位", unit=unit.name)
    if unit.retired_on is not None and unit.retired_on <= clock.today():
        return _("%(unit)s已撤销，请选择现有单位", unit=unit.name)
    if lead_unit is not None and unit.id == lead_unit.id:
        return _("%(unit)s已是主办单位，不能同时协办", unit=unit.name)
    return None


def faults_of(said: Registration, registering_unit_id: int) -> dict[str, str]:
    """Everything that keeps a registration out, by field; empty when it can be filed."""
    faults = date_faults(said.instructed_on, said.received_on)
    if said.lead_unit is not None and (fault := lead_fault(said.lead_unit, registering_unit_id)):
        faults["lead_unit"] = fault
    if said.co_units and said.confidential:
        faults["co_units"] = _("限定知悉的事项不设协办单位")
    for unit in said.co_units:
        if fault := co_fault(unit, said.lead_unit):
            faults.setdefault("co_units", fault)
    return faults


def marked(words: Iterable[tuple[str, str | None]]) -> list[str]:
    """The fields whose text carries a mark of classification."""
    return [name for name, text in words if text and classification_mark(text)]
