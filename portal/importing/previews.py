"""A judged workbook is kept sealed for its owner for a day, and imported or dropped by them alone."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, func, select

from portal.audit import journal
from portal.importing.cells import Sheet
from portal.importing.columns import legible
from portal.importing.models import ImportPreview, JudgedWords
from portal.kernel import clock
from portal.kernel.db import current_city, db
from portal.kernel.language import _
from portal.kernel.refusals import Invalid, Invisible
from portal.kernel.text import tidy
from portal.vault.screening import CLASSIFIED, classification_mark

MOST_WAITING = 10
"""Judgements of one person that wait for his decision."""
KEPT_FOR = timedelta(days=1)
_MOST_NAME = 120


def fit_name(person_id: int, name: str) -> str:
    """The workbook's name as it is kept and shown; refused (Invalid) when it bears a mark of classification."""
    name = legible(tidy(name)[:_MOST_NAME]) or _("工作簿")
    _refuse_marked(person_id, (name,))
    return name


def refuse_marked_sheet(person_id: int, sheet: Sheet, *, rows: bool = False) -> None:
    """A workbook that bears a mark of classification over its header, in it, below its rows, as its sheet's name, or
    anywhere else but in its rows (a comment, another sheet, shown or hidden) is refused whole (Invalid); with one in a row
    too, where nobody judges the `rows` for it one by one."""
    _refuse_marked(person_id, (sheet.name, *sheet.around, *sheet.beside))
    if rows:
        _refuse_marked(person_id, (cell.text for row in sheet.rows for cell in row.cells))


def _refuse_marked(person_id: int, texts: Iterable[str]) -> None:
    if any(classification_mark(text) for text in texts):
        journal.note("classified_refused", "import", current_city(), person_id, rule="mark")
        raise Invalid(str(CLASSIFIED))


def keep(person_id: int, kind: str, name: str, judged: JudgedWords) -> ImportPreview:
    """Keep a judgement for its owner. Refused (Invalid) where so many of his wait that one more would only fill what is kept."""
    waiting = (
        select(func.count())
        .select_from(ImportPreview)
        .where(
            ImportPreview.city_id == current_city(),
            ImportPreview.person_id == person_id,
            ImportPreview.state == "judged",
            ImportPreview.made_at > clock.now() - KEPT_FOR,
        )
    )
    if (db.session.scalar(waiting) or 0) >= MOST_WAITING:
        raise Invalid(
            _("没有核对：您已有 %(most)s 份工作簿等待决定，请先导入或者放弃", most=MOST_WAITING),
            fields={"workbook": _("没有保存，请先处理已上传的工作簿")},
        )
    kept = ImportPreview(person_id=person_id, kind=kind, made_at=clock.now(), confidential=True, name=name, judged=judged)
    db.session.add(kept)
    db.session.flush()
    return kept


def mine(person_id: int, kind: str, preview_id: UUID, *, lock: bool = False) -> ImportPreview:
    """One's own preview, for a day; anybody else's does not exist."""
    wanted = select(ImportPreview).where(
        ImportPreview.city_id == current_city(),
        ImportPreview.id == preview_id,
        ImportPreview.kind == kind,
        ImportPreview.person_id == person_id,
        ImportPreview.made_at > clock.now() - KEPT_FOR,
    )
    if lock:
        wanted = wanted.with_for_update()
    found = db.session.scalars(wanted.execution_options(populate_existing=lock)).first()
    if found is None:
        raise Invisible
    return found


def recent(person_id: int, *kinds: str) -> list[ImportPreview]:
    """One's own of the last day, the latest first."""
    return list(
        db.session.scalars(
            select(ImportPreview)
            .where(
                ImportPreview.city_id == current_city(),
                ImportPreview.person_id == person_id,
                ImportPreview.kind.in_(kinds),
                ImportPreview.made_at > clock.now() - KEPT_FOR,
            )
            .order_by(ImportPreview.made_at.desc())
            .limit(10)
        )
    )


def forget_expired() -> int:
    """Remove what has been kept for a day; how many there were."""
    gone = db.session.execute(
        delete(ImportPreview)
        .where(ImportPreview.city_id == current_city(), ImportPreview.made_at <= clock.now() - KEPT_FOR)
        .execution_options(synchronize_session=False)
    )
    return int(gone.rowcount)  # type: ignore[attr-defined]


def drop(kept: ImportPreview) -> ImportPreview:
    """Import none of it; the report can still be had."""
    if kept.state == "judged":
        kept.state = "dropped"
    return kept
