"""The auditor's console: the journal, filtered, page by page, and as a workbook. What concerns a confidential matter
stands there as a restricted entry, with its time alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from typing import Any
from urllib.parse import quote

from flask import Response, make_response, request, url_for

from portal.access.roles import OFFICERS, post_name
from portal.audit import journal as audit
from portal.documents import workbook
from portal.kernel import clock
from portal.kernel.language import _
from portal.kernel.refusals import Invisible
from portal.officers import acts, queries
from portal.officers.forms import JournalForm
from portal.officers.labels import act_words, fact_words
from portal.officers.queries import Asked, Line
from portal.officers.routes import blueprint
from portal.registry.journal import ACTS, SUBJECTS
from portal.web.guards import allows, current_actor
from portal.web.responses import page

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CONDITIONS = ("from_day", "until_day", "person", "act", "kind", "officers")
WIDTHS = (18, 14, 12, 26, 18, 14, 40, 50)


@dataclass(frozen=True, slots=True)
class _Drawn:
    """An entry as the page draws it; a restricted one has `restricted` and times alone."""

    at: datetime | None
    first_at: datetime | None
    restricted: int
    who: str = ""
    post: str = ""
    act: str = ""
    kind: str = ""
    subject: str = ""
    facts: str = ""
    officer: bool = False


@dataclass(frozen=True, slots=True)
class _Pages:
    """As the macro `pager` names them."""

    text: str
    note: str | None
    prev_url: str | None
    next_url: str | None
    sizes: tuple[Any, ...] = ()


def _form() -> JournalForm:
    form = JournalForm(request.args)
    form.act.choices = [("", _("全部")), *((word.name, str(word.label)) for word in ACTS)]
    form.kind.choices = [("", _("全部")), *((subject.name, str(subject.label)) for subject in SUBJECTS)]
    return form


def _asked(form: JournalForm) -> Asked:
    """The address, read: what it cannot say is left out, and the field says why."""
    form.validate()
    good = {field.name: field.data for field in form if not field.errors}
    first, last = good.get("from_day"), good.get("until_day")
    return Asked(
        from_at=clock.at(first) if first and _usable(first) else None,
        until=clock.end_of(last) if last and _usable(last) else None,
        person=good.get("person") or "",
        acts=(good["act"],) if good.get("act") in ACTS else (),
        kind=good["kind"] if good.get("kind") in SUBJECTS else "",
        officers=bool(good.get("officers")),
    )


def _usable(day: date) -> bool:
    return 1970 < day.year < 9000


def _place(name: str) -> int | None:
    said = request.args.get(name)
    if said is None:
        return None
    if not (said.isascii() and said.isdigit() and len(said) < 19):
        raise Invisible
    return int(said)


def _said() -> dict[str, Any]:
    """The conditions as the address says them; nothing else of it goes into another address."""
    return {name: value for name in CONDITIONS if (value := request.args.get(name))}


def _drawn(line: Line) -> _Drawn:
    entry = line.entry
    if entry is None:
        return _Drawn(line.last_at, line.first_at if line.count > 1 else None, line.count)
    known = SUBJECTS.get(entry.subject_kind)
    subject = line.subject or ("" if entry.subject_id in ("", "all", "unknown") else entry.subject_id)
    return _Drawn(
        at=entry.at,
        first_at=None,
        restricted=0,
        who=line.person or (_("系统") if entry.person_id is None else ""),
        post=post_name(line.unit, line.role) if line.unit and line.role else "",
        act=act_words(entry.act),
        kind=str(known.label) if known else entry.subject_kind,
        subject=subject,
        facts="" if known and known.business else fact_words(entry.before, entry.after),
        officer=line.role in OFFICERS,
    )


@blueprint.get("/officers/journal")
@allows(acts.READ_JOURNAL)
def journal() -> Response:
    """The journal, newest first."""
    form = _form()
    found = queries.journal_page(_asked(form), _place("before"), _place("after"))
    said = _said()
    return page(
        "officers/journal.html",
        form=form,
        lines=[_drawn(line) for line in found.lines],
        narrowed=bool(said),
        action=url_for("officers.journal"),
        clear_url=url_for("officers.journal"),
        export_url=url_for("officers.export_journal", **said),
        pages=_Pages(
            _("从新到旧"), None,
            url_for("officers.journal", after=found.newer, **said) if found.newer else None,
            url_for("officers.journal", before=found.older, **said) if found.older else None,
        ) if found.newer or found.older else None,
    )  # fmt: skip


@blueprint.get("/officers/journal/export")
@allows(acts.READ_JOURNAL)
def export_journal() -> Response:
    """The entries asked for as a workbook, at most 20,000; that it was taken is an entry of its own."""
    asked = _asked(_form())
    target = BytesIO()
    header = [_("时间"), _("何人"), _("岗位"), _("单位"), _("何事"), _("对象"), _("对象编号"), _("内容")]
    rows = [_row(line) for line in queries.every_entry(asked)]
    workbook.write(target, _("日志"), header, rows, WIDTHS)
    audit.record(current_actor(), "export_journal", "journal", "", after={"rows": len(rows), "conditions": sorted(_said())})
    response = make_response(target.getvalue())
    response.mimetype = XLSX
    name = quote(f"{_('日志')}{clock.today():%Y%m%d}.xlsx")
    response.headers["Content-Disposition"] = f"attachment; filename=\"journal.xlsx\"; filename*=UTF-8''{name}"
    return response


def _row(line: Line) -> tuple[Any, ...]:
    one = _drawn(line)
    if one.restricted:
        words = _("限定知悉条目 %(count)s 条", count=one.restricted)
        return (one.at, "", "", "", words, "", "", "")
    unit, _blank, role = one.post.partition("　")
    return (one.at, one.who, role, unit, one.act, one.kind, one.subject, one.facts)
