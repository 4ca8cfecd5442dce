"""Judging a workbook of instructions row by row: what keeps a row out, what is only worth a look. Nothing is written.

A row with a mark of classification is known by its number alone; nothing of it is shown back or kept. Whether an
instruction is there already is asked through the seam: what the importer may not read is not confirmed to him.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from typing import Any

from sqlalchemy import or_, select

from portal.access.actor import Actor
from portal.access.visibility import as_seen_by
from portal.deadlines.queries import rules_of
from portal.deadlines.reckon import closing
from portal.deadlines.rules import SourceLevel, Urgency
from portal.documents.workbook import Cell, Row, Sheet
from portal.instructions import rules
from portal.instructions.service import standing_for
from portal.kernel.db import current_city, db
from portal.kernel.language import _
from portal.kernel.refusals import Invalid
from portal.kernel.text import explain, objections, tidy
from portal.matters.models import Matter, MatterContent
from portal.network.models import Unit
from portal.vault.screening import classification_mark

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
_LENGTHS = {
    NUMBER: rules.MOST_PAPER_NUMBER,
    LEADER: rules.MOST_LEADER,
    TITLE: rules.MOST_TITLE,
    DOCUMENT: rules.MOST_NUMBER,
    TEXT: rules.MOST_TEXT,
    REQUIREMENT: rules.MOST_REQUIREMENT,
}
_SHOWN = 60
_SUGGESTED = 50


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing about one row. `value` is None where it is not shown back; a `warning` does not keep the row out."""

    row: int
    column: str | None
    value: str | None
    why: str
    fix: str = ""
    empty: bool = False
    matter_id: str | None = None
    number: str | None = None
    warning: bool = False


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
    def key(self) -> tuple[str, ...]:
        """What makes two instructions the same one."""
        return (self.source_level, self.leader, self.instructed_on, self.title, self.document_number or "")


@dataclass
class Judged:
    """The workbook as judged. `kept` holds the cells of rows with faults, for the report."""

    sheet: str
    total: int
    good: list[Planned] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    kept: dict[int, list[Any]] = field(default_factory=dict)

    @property
    def bad_rows(self) -> list[int]:
        """The rows that stay out."""
        return sorted({fault.row for fault in self.faults if not fault.warning})

    @property
    def marked_rows(self) -> list[int]:
        """The rows with a mark of classification: of them nothing is kept."""
        return [fault.row for fault in self.faults if fault.column is None]

    @property
    def warned_rows(self) -> list[int]:
        """The good rows that are worth a look."""
        return sorted({fault.row for fault in self.faults if fault.warning} - set(self.bad_rows))


@dataclass(frozen=True, slots=True)
class _Seen:
    """An instruction that is there already and that the importer may read."""

    key: tuple[str, ...]
    matter_id: str
    number: str


def judge(sheet: Sheet, actor: Actor) -> Judged:
    """Judge every row. Refuses (Invalid) a sheet that lacks a column, has no rows or too many."""
    missing = [title for title in REQUIRED if title not in sheet.header]
    if missing:
        raise Invalid(_("工作表缺少这些列：%(columns)s。请用空表的表头。", columns="、".join(missing)))
    if not sheet.rows:
        raise Invalid(_("工作表里只有表头，没有要导入的行。"))
    if len(sheet.rows) > MOST_ROWS:
        raise Invalid(_("行数过多，一次最多 %(most)s 行，请分几次导入。", most=MOST_ROWS))
    judged = Judged(sheet.name, len(sheet.rows))
    units = _Units(sheet)
    offices = {s.for_unit_id for s in actor.standings if standing_for(actor, s.for_unit_id)}
    own = next((s.for_unit_id for s in actor.standings if s.for_unit_id in offices), None)
    for row in sheet.rows:
        found = _RowJudge(sheet, row, units, offices, own)
        planned = found.judge()
        judged.faults += found.faults
        if planned is not None:
            judged.good.append(planned)
    _refuse_repeated(judged, actor)
    judged.faults.sort(key=lambda fault: (fault.row, fault.warning))
    wanted = {fault.row for fault in judged.faults} - set(judged.marked_rows)
    judged.kept = {row.number: _kept(sheet, row) for row in sheet.rows if row.number in wanted}
    return judged


def seen_already(planned: Iterable[Planned], actor: Actor) -> list[_Seen]:
    """Which instructions of the same titles or document numbers the importer may read already. One statement."""
    rows = list(planned)
    titles = sorted({one.title for one in rows})
    numbers = sorted({one.document_number for one in rows if one.document_number})
    found = db.session.execute(
        select(Matter.id, Matter.number, Matter.source_level, Matter.instructed_on, MatterContent)
        .join(MatterContent, MatterContent.matter_id == Matter.id)
        .where(
            Matter.kind == "instruction",
            Matter.parent_id.is_(None),
            Matter.state != "withdrawn",
            or_(
                MatterContent.confidential,
                MatterContent.plain["title"].astext.in_(titles),
                MatterContent.plain["document_number"].astext.in_(numbers),
            ),
        )
        .options(as_seen_by(actor))
    )
    return [
        _Seen(
            (str(level), content.leader, day.isoformat(), content.title, content.document_number or ""),
            str(matter_id),
            number,
        )
        for matter_id, number, level, day, content in found
    ]


def _refuse_repeated(judged: Judged, actor: Actor) -> None:
    seen = seen_already(judged.good, actor) if judged.good else []
    there = {one.key: one for one in seen}
    numbered = {one.key[4]: one for one in seen if one.key[4]}
    first: dict[tuple[str, ...], int] = {}
    number_of: dict[str, int] = {}
    kept = []
    for one in judged.good:
        if one.key in there:
            judged.faults.append(_already(one, TITLE, one.title, there[one.key], _("已登记过同一件："), _("请从表中删去")))
            continue
        if one.key in first:
            why = _("与第 %(row)s 行是同一件", row=first[one.key])
            fix = _("来源、领导、批示日期、标题、字号都相同的只留一行")
            judged.faults.append(Fault(one.row, TITLE, _shown(one.title), why, fix))
            continue
        first[one.key] = one.row
        kept.append(one)
        number = one.document_number
        if not number:
            continue
        look = _("请核对是否重复登记；可以导入")
        if number in numbered:
            judged.faults.append(_already(one, DOCUMENT, number, numbered[number], _("此字号已用于："), look, warning=True))
        elif number in number_of:
            why = _("字号与第 %(row)s 行相同", row=number_of[number])
            judged.faults.append(Fault(one.row, DOCUMENT, _shown(number), why, look, warning=True))
        number_of.setdefault(number, one.row)
    judged.good = kept


def _already(
    one: Planned, column: str, value: str, seen: _Seen, why: str, fix: str, *, warning: bool = False
) -> Fault:
    return Fault(
        one.row, column, _shown(value), why, fix, matter_id=seen.matter_id, number=seen.number, warning=warning
    )


class _Units:
    """The units that the workbook names, read in one statement; and which code was probably meant."""

    def __init__(self, sheet: Sheet) -> None:
        codes = {
            code
            for row in sheet.rows
            for title in (LEAD, HELPING, OFFICE)
            for code in _codes(sheet.cell(row, title).text)
        }
        self._by_code = {
            unit.code: unit
            for unit in db.session.scalars(select(Unit).where(Unit.city_id == current_city(), Unit.code.in_(codes)))
        }
        self._known: list[str] | None = None
        self._near: dict[str, str | None] = {}

    def get(self, code: str) -> Unit | None:
        return self._by_code.get(code)

    def nearest(self, code: str) -> str | None:
        """The existing code most like this one."""
        if code not in self._near:
            if len(self._near) >= _SUGGESTED:
                return None
            if self._known is None:
                self._known = list(
                    db.session.scalars(
                        select(Unit.code).where(Unit.city_id == current_city(), Unit.retired_on.is_(None))
                    )
                )
            self._near[code] = next(iter(get_close_matches(code[:30], self._known, 1, 0.7)), None)
        return self._near[code]


class _RowJudge:
    """Judges one row; `faults` collects what is found."""

    def __init__(self, sheet: Sheet, row: Row, units: _Units, offices: set[int], own: int | None) -> None:
        self.sheet, self.row, self.units, self.offices, self.own = sheet, row, units, offices, own
        self.faults: list[Fault] = []

    def judge(self) -> Planned | None:
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

    def _add(self, title: str, why: str, fix: str = "", *, warning: bool = False) -> None:
        text = self._cell(title).text
        empty = not tidy(text)
        self.faults.append(Fault(self.row.number, title, _shown(text), why, fix, empty=empty, warning=warning))

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
                self._add(title, explain(code, most))
        return text

    def _word_of(self, title: str, known: dict[str, Any]) -> Any:
        text = tidy(self._cell(title).text)
        if text in known:
            return known[text]
        if not self._faulty(title):
            self._add(title, _("没有“%(word)s”这一种", word=_shown(text)), _("请填：%(words)s", words="、".join(known)))
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
        unit = self.units.get(code)
        if unit is None:
            self._unknown(OFFICE, code)
            return None
        if unit.acts_for_id not in self.offices:
            self._add(OFFICE, _("由%(unit)s登记，不由您登记", unit=unit.name), _("请交该单位的督查室导入"))
            return None
        return unit.acts_for_id

    def _lead(self, office: int | None) -> Unit | None:
        code = tidy(self._cell(LEAD).text)
        if self._faulty(LEAD):
            return None
        unit = self.units.get(code)
        if unit is None:
            self._unknown(LEAD, code)
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
        for code in _codes(text):
            unit = self.units.get(code)
            if unit is None:
                self._unknown(HELPING, code)
            elif fault := rules.co_fault(unit, lead):
                self._add(HELPING, fault, _("请改正或删去"))
            else:
                found.append(unit)
        return found

    def _unknown(self, title: str, code: str) -> None:
        near = self.units.nearest(code)
        fix = _("是不是 %(code)s？", code=near) if near else _("请填单位网络中的单位代码")
        self._add(title, _("没有代码为“%(code)s”的单位", code=_shown(code)), fix)


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


def _codes(text: str) -> list[str]:
    """The unit codes of one cell, parted by 、 or any usual mark."""
    parted = "".join("、" if c in ",，;；/\n " else c for c in tidy(text))
    return list(dict.fromkeys(code for code in parted.split("、") if code))


def _shown(text: str) -> str:
    """The beginning of what was typed, with what cannot be seen made visible."""
    visible = "".join("□" if objections(c, single_line=True) else c for c in tidy(text)[: _SHOWN + 1])
    return visible if len(visible) <= _SHOWN else visible[:_SHOWN] + "…"


def _kept(sheet: Sheet, row: Row) -> list[Any]:
    """The cells under the known columns, for the report: dates marked as such, hidden characters made visible."""
    kept: list[Any] = []
    for title in COLUMNS:
        cell = sheet.cell(row, title)
        if cell.day is not None:
            kept.append({"d": cell.day.isoformat()})
        elif isinstance(cell.value, int | float) and not isinstance(cell.value, bool):
            kept.append(cell.value)
        else:
            kept.append("".join("□" if objections(c) else c for c in cell.text[: rules.MOST_TEXT]))
    return kept


def due_on(one: Planned) -> date:
    """The closing report's last day, as the preview shows it."""
    return closing(
        date.fromisoformat(one.received_on), SourceLevel(one.source_level), Urgency(one.urgency), rules_of(db.session())
    ).due_on
