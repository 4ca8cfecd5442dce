"""An import from workbook to records: judged, kept sealed for its owner for a day, carried out whole or not at all; and the
report of what was found.

A judgement is kept with the cells it was made of, and made again before anything is written: where it would come out
otherwise than it was shown, nothing is written.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from typing import Any, Generic, TypeAlias, TypeVar
from uuid import UUID

from flask_babel import LazyString
from sqlalchemy import func, select

from portal.access.actor import Actor
from portal.audit import journal
from portal.documents import workbook
from portal.importing import previews
from portal.importing.cells import EMPTY, Cell, Plain, Row, Sheet
from portal.importing.columns import Column, legible
from portal.importing.judging import Judged, RowError, refuse_unfit
from portal.importing.models import ImportPreview, JudgedWords
from portal.importing.reading import MEGABYTE, read_rows
from portal.kernel.db import current_city, db, take_time
from portal.kernel.language import _
from portal.kernel.refusals import Invalid, Invisible, Stale
from portal.registry.acts import Act

MOST_BYTES = 10 * MEGABYTE
_MOST_CHANGES = 20
_OVER_HEADER = 20  # rows that may stand over the header or be passed over, beside those that count

P = TypeVar("P")


@dataclass(frozen=True, kw_only=True)
class Import(Generic[P]):
    """One kind of workbook. `judge` says what its rows come to and writes nothing; `carry_out` writes what was judged and
    answers what the journal keeps of it. `gate` raises for whoever may not have to do with it. With `by_row`, a mark of
    classification keeps out its row, else the whole workbook. `lock`: what else waits while it is carried out."""

    name: str
    words: LazyString
    act: Act
    columns: tuple[Column[object], ...]
    judge: Callable[[Actor, Sheet], Judged[P]]
    carry_out: Callable[[Actor, Judged[P], ImportPreview], Mapping[str, object]]
    gate: Callable[[Actor], object]
    journal: str
    most_rows: int
    by_row: bool = False
    lock: int | None = None

    @property
    def titles(self) -> tuple[str, ...]:
        """The columns' titles, in their order."""
        return tuple(column.title for column in self.columns)


AnyImport: TypeAlias = "Import[Any]"  # type: ignore[explicit-any]  # whatever its rows become


def upload(actor: Actor, what: Import[P], name: str, data: bytes) -> ImportPreview:
    """Judge a workbook and keep the judgement for its owner. Refuses (Invalid) what is no workbook, lacks columns, or bears a
    mark of classification where no row is judged for it; rows with a mark are written down in the journal by number."""
    take_time()
    what.gate(actor)
    previews.forget_expired()
    name = previews.fit_name(actor.person_id, name)
    sheet = read_rows(data, columns=what.columns, max_bytes=MOST_BYTES, max_rows=what.most_rows + _OVER_HEADER)
    previews.refuse_marked_sheet(actor.person_id, sheet, rows=not what.by_row)
    refuse_unfit(sheet, what.columns, what.most_rows)
    judged = what.judge(actor, sheet)
    if judged.marked_rows:
        journal.note("classified_refused", "import", current_city(), actor.person_id, rule="mark", rows=judged.marked_rows)
    return previews.keep(actor.person_id, what.name, name, _words(what, sheet, judged))


def preview(actor: Actor, what: Import[P], preview_id: UUID, *, lock: bool = False) -> ImportPreview:
    """One's own, for a day; anybody else's does not exist."""
    what.gate(actor)
    return previews.mine(actor.person_id, what.name, preview_id, lock=lock)


def recent(actor: Actor, imports: tuple[AnyImport, ...]) -> list[ImportPreview]:
    """One's own of the last day, the latest first."""
    try:
        for what in imports:
            what.gate(actor)
    except Invisible:
        return []
    return previews.recent(actor.person_id, *(what.name for what in imports))


def judgement(kept: ImportPreview, row: Callable[[dict[str, Plain]], P]) -> Judged[P]:
    """What was judged; `row` makes a good row of what was kept of it."""
    words = kept.judged
    faults = [RowError(**one) for one in words["faults"]]  # type: ignore[arg-type]
    sheet = sheet_of(kept)
    return Judged(
        words["sheet"],
        words["total"],
        [row(one) for one in words["good"]],
        faults,
        {one.number: dict(zip(sheet.header, one.cells, strict=True)) for one in sheet.rows},
        [(number, lead) for number, lead in words["passed"]],
        words["tally"],
    )


def sheet_of(kept: ImportPreview) -> Sheet:
    """The sheet as it was kept: the known columns of the rows that could be."""
    words = kept.judged
    rows = [Row(number, tuple(map(Cell.of, cells))) for number, cells in words["rows"]]
    return Sheet(words["sheet"], tuple(words["header"]), rows)


def drop(actor: Actor, what: Import[P], preview_id: UUID) -> ImportPreview:
    """Import none of it; the report can still be had."""
    return previews.drop(preview(actor, what, preview_id, lock=True))


def carry_out(actor: Actor, what: Import[P], preview_id: UUID) -> ImportPreview:
    """Write all good rows in one transaction; a second click finds it done. Stale where they would not be written as they were
    shown."""
    take_time()
    kept = preview(actor, what, preview_id, lock=True)
    if kept.state == "imported":
        return kept
    if kept.state != "judged":
        raise Invalid(_("这份工作簿已放弃导入，请重新上传"))
    shown = kept.judged["good"]
    if not shown:
        raise Invalid(_("没有可以导入的行"))
    if what.lock is not None:
        db.session.execute(select(func.pg_advisory_xact_lock(what.lock, current_city())))
    judged = what.judge(actor, sheet_of(kept))
    if [plain(one) for one in judged.good] != shown:
        raise Stale(_("核对之后有变动，没有导入任何一行；请重新上传核对"), changes=_changes(judged, shown))
    facts = what.carry_out(actor, judged, kept)
    kept.state = "imported"
    journal.record(actor, what.journal, "import", kept.id, after=dict(facts))
    return kept


def report(what: Import[P], judged: Judged[P]) -> bytes:
    """The rows with something to correct or to look at, under the workbook's own columns, each with what and how."""
    said: dict[int, list[RowError]] = {}
    for fault in judged.faults:
        said.setdefault(fault.row, []).append(fault)
    bad = set(judged.bad_rows)
    left, warned = _("未导入"), _("留意")
    lines = []
    for number in sorted(said):
        cells = judged.kept.get(number, {})
        values = [_legible(cells.get(title, EMPTY)) for title in what.titles]
        lines.append([*values, number, left if number in bad else warned, "\n".join(one.sentence for one in said[number])])
    target = io.BytesIO()
    header = (*what.titles, _("原表行号"), _("核对结果"), _("说明"))
    workbook.write(target, _("核对报告"), header, lines, (*(column.width for column in what.columns), 8, 10, 50))
    return target.getvalue()


def empty_workbook(what: Import[P]) -> bytes:
    """A workbook with nothing but the header."""
    target = io.BytesIO()
    workbook.write(target, str(what.words), what.titles, [], [column.width for column in what.columns])
    return target.getvalue()


def plain(value: object) -> Plain:
    """A planned row, or what is in it, as JSON can carry it."""
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: plain(getattr(value, one.name)) for one in fields(value)}
    match value:
        case str():
            return str(value)  # of an enumeration the value
        case None | bool() | int() | float():
            return value
        case date():
            return value.isoformat()
        case dict():
            return {str(key): plain(one) for key, one in value.items()}
        case list() | tuple():
            return [plain(one) for one in value]
    raise TypeError(type(value).__name__)


def _words(what: Import[P], sheet: Sheet, judged: Judged[P]) -> JudgedWords:
    header = [title for title in what.titles if title in sheet.header]
    hidden = judged.hidden_rows
    return {
        "sheet": sheet.name,
        "header": header,
        "rows": [(row.number, [sheet.cell(row, one).plain for one in header]) for row in sheet.rows if row.number not in hidden],
        "passed": list(sheet.passed),
        "total": judged.total,
        "good": [_row(one) for one in judged.good],
        "faults": [_row(one) for one in judged.faults],
        "tally": judged.tally,
    }


def _row(one: object) -> dict[str, Plain]:
    words = plain(one)
    assert isinstance(words, dict)
    return words


def _changes(judged: Judged[P], shown: list[dict[str, Plain]]) -> list[str]:
    """Why rows that were good are not any more."""
    good = {_row(one)["row"] for one in judged.good}
    why = {fault.row: fault.why.rstrip("：") for fault in reversed(judged.faults) if not fault.warning}
    rows = [row for one in shown if isinstance(row := one["row"], int) and row not in good]
    return [_("第 %(row)s 行：%(why)s", row=row, why=why[row]) for row in rows if row in why][:_MOST_CHANGES]


def _legible(cell: Cell) -> object:
    return legible(cell.value, single_line=False) if isinstance(cell.value, str) else cell.value
