"""小事登记表 as a workbook: three columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from portal.access.actor import Actor
from portal.access.policy import allowed
from portal.importing import service as importing
from portal.importing.cells import Sheet
from portal.importing.columns import Column, words
from portal.importing.judging import Judged, RowJudge
from portal.importing.models import ImportPreview
from portal.importing.service import Import
from portal.kernel.language import _, _l
from portal.kernel.refusals import Invalid, Invisible
from portal.network.queries import unit_typed
from tests.contract.errands import acts
from tests.contract.errands.service import NewErrand, register

TITLE = Column("小事", words(100), required=True)
UNIT = Column("单位", words(80), required=True)
PLACE = Column("地点", words(80), required=True)
COLUMNS: tuple[Column[object], ...] = (TITLE, UNIT, PLACE)


@dataclass(frozen=True, slots=True)
class Planned:
    """A row that can be registered."""

    row: int
    title: str
    unit: str
    place: str

    @classmethod
    def of(cls, words: Mapping[str, object]) -> Planned:
        return cls(**words)  # type: ignore[arg-type]


def _judge(actor: Actor, sheet: Sheet) -> Judged[Planned]:
    judged = Judged[Planned](sheet.name, len(sheet.rows))
    for row in sheet.rows:
        judge = RowJudge(sheet, row)
        title, unit, place = judge.get(TITLE), judge.get(UNIT), judge.get(PLACE)
        if judge.sound and unit is not None:
            try:
                unit_typed(unit, "lead_unit")
            except Invalid as unclear:
                judge.error(UNIT.title, unclear.sentence, _("请填单位的全称或代码"))
        if judge.sound and title is not None and unit is not None and place is not None:
            judged.good.append(Planned(row.number, title, unit, place))
        judged.faults += judge.errors
        judged.kept[row.number] = {one.title: judge.cell(one.title) for one in COLUMNS}
    return judged


def _carry_out(actor: Actor, judged: Judged[Planned], kept: ImportPreview) -> Mapping[str, object]:
    for row in judged.good:
        register(actor, NewErrand(row.title, row.title, row.place, unit_typed(row.unit, "lead_unit")))
    return {"rows": len(judged.good)}


def _gate(actor: Actor) -> None:
    if not allowed(actor, acts.REGISTER):
        raise Invisible


def judgement(_actor: Actor, kept: ImportPreview) -> Judged[Planned]:
    """What was judged, as it was kept."""
    return importing.judgement(kept, Planned.of)


IMPORT = Import[Planned](
    name="errands",
    words=_l("小事登记表"),
    act=acts.REGISTER,
    columns=COLUMNS,
    judge=_judge,
    carry_out=_carry_out,
    gate=_gate,
    journal="import_errands",
    most_rows=100,
)
