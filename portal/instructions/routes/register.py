"""The register: the list with its conditions in the address, its export, and acts on ticked rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from typing import Any, cast
from uuid import UUID

from flask import Response, request, send_file, url_for

from portal.access.policy import Act, allowed
from portal.deadlines.rules import SourceLevel
from portal.documents import workbook
from portal.instructions import bulk, queries
from portal.instructions.queries import GROUPS, Conditions, Page, Place, Sort
from portal.instructions.routes import blueprint
from portal.instructions.views import (
    TASKS,
    DrawnGroup,
    chip_labels,
    drawn,
    grouped,
    lamp_of,
    place_from,
    place_words,
    turn_of,
)
from portal.kernel import clock
from portal.kernel.language import _, _l
from portal.kernel.text import tidy
from portal.matters.models import State
from portal.web.answers import page
from portal.web.forms import OfficeForm
from portal.web.frame import Section, register, search_with
from portal.web.guards import allows, current_actor

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_TYPED = 100
SORTS = {"work": _l("今日到期、即将到期、超期、其余"), "due": _l("按期限"), "received": _l("按收到日期")}
VIEWS: tuple[tuple[Any, dict[str, str]], ...] = (
    (_l("全部"), {}),
    (_l("在办"), {"open": "1"}),
    (_l("待我办"), {"task": "any"}),
    (_l("省级以上"), {"source": "high"}),
    (_l("退回过的"), {"returned": "1"}),
    (_l("已办结"), {"state": "closed"}),
)
HEADER = ("编号", "来文标题", "来文字号", "批示来源", "批示领导", "批示日期", "收到日期", "紧急程度", "主办单位", "状态", "轮到",
          "原定期限", "期限", "退回次数", "时限情况")  # fmt: skip
WIDTHS = (18, 44, 20, 8, 14, 11, 11, 8, 24, 12, 18, 11, 11, 8, 14)

register(Section("instructions.register_list", _l("批示件登记表"), "register", Act.READ_REGISTER, order=20))
search_with("instructions.register_list")


@dataclass(frozen=True, slots=True)
class _Asked:
    """The address, read: only what it may say, and nothing else of it."""

    conditions: Conditions
    sort: Sort
    place: Place | None
    said: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Link:
    label: str
    url: str
    current: bool = False


@dataclass(frozen=True, slots=True)
class _Act:
    label: str
    url: str
    kind: str = "quiet"
    method: str = "get"
    icon: str | None = None


@dataclass(frozen=True, slots=True)
class _Pages:
    text: str
    note: str
    prev_url: str | None
    next_url: str | None
    sizes: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class _Outcome:
    label: str
    url: str
    outcome: str
    ok: bool
    why: str


@blueprint.get("/instructions")
@allows(Act.READ_REGISTER)
def register_list() -> Response:
    """The register as its reader may see it, or its list alone to htmx."""
    asked = _asked()
    actor = current_actor()
    found = queries.page_of(actor, asked.conditions, asked.sort, asked.place)
    may_register = bool(allowed(actor, Act.REGISTER))
    return page(
        "instructions/register.html",
        "instructions/_list.html",
        acts=_acts(asked, may_register),
        views=[_Link(str(label), _url(said), said == asked.said) for label, said in VIEWS],
        conditions=asked.said,
        sources=[("high", _("省级以上")), *((level.value, str(level.label)) for level in SourceLevel)],
        states=[(state.value, str(state.label)) for state in State],
        unit_picker=url_for("network.suggest") if allowed(actor, Act.READ_NETWORK) else None,
        page_url=_url({}),
        print_line=_print_line(actor.name),
        chips=_chips(asked),
        clear_url=_url({}),
        sorts=[_Link(str(label), _url(asked.said, name), name == asked.sort) for name, label in SORTS.items()],
        groups=_groups(found, asked),
        bulk=[_Link(_("交办"), url_for("instructions.assign_picked"))] if may_register else [],
        pages=_pages(found, asked),
        empty=_("没有符合条件的批示件，可去掉一些条件再试。") if asked.said else None,
    )


@blueprint.get("/instructions/export")
@allows(Act.READ_REGISTER)
def export() -> Response:
    """The list as filtered, as a workbook; of a shell the facts of the shell alone."""
    asked = _asked()
    actor = current_actor()
    secret = queries.any_confidential(actor)
    # A sheet with confidential content is made in memory alone; an open one may go through temporary files.
    target = BytesIO()
    lines = _Counted(queries.every_row(actor, asked.conditions, asked.sort))
    workbook.write(target, _("批示件登记表"), [_(title) for title in HEADER], iter(lines), WIDTHS, spool=not secret)
    bulk.note_export(actor, asked.said, lines.count)
    target.seek(0)
    name = f"{_('批示件登记表')}{clock.today():%Y%m%d}.xlsx"
    return send_file(target, mimetype=XLSX, as_attachment=True, download_name=name, max_age=0)


@blueprint.post("/instructions/assign")
@allows(Act.REGISTER)
def assign_picked() -> Response:
    """交办 of ticked rows, to the units named at registration; what became of each."""
    outcomes = bulk.assign_picked(current_actor(), [one for one in map(_uuid, request.form.getlist("pick")) if one])
    rows = [
        _Outcome(one.number, url_for("matters.matter", matter_id=one.matter_id), one.outcome, one.ok, one.why)
        for one in outcomes
    ]
    return page(
        "instructions/import_done.html",
        title=_("批量交办"),
        name=None,
        imported=sum(row.ok for row in rows),
        left=sum(not row.ok for row in rows),
        done_words=_("件已交办"),
        left_words=_("件未交办"),
        rows=rows,
        register_url=url_for("instructions.register_list"),
        form=OfficeForm(),
    )


class _Counted:
    """The export's lines, counted as they go out."""

    def __init__(self, rows: Iterator[queries.Row]) -> None:
        self._rows = rows
        self.count = 0

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        for row in self._rows:
            self.count += 1
            matter, content = row.matter, row.matter.content
            yield (
                matter.number,
                content.title if content else _("内容受限"),
                content.document_number if content else None,
                str(matter.source_level.label),
                content.leader if content else None,
                matter.instructed_on,
                matter.received_on,
                str(matter.urgency.label),
                matter.lead_unit_name,
                str(State(matter.state).label),
                turn_of(row),
                matter.original_due_on,
                matter.due_on,
                matter.returns,
                lamp_of(matter).words,
            )


def _asked() -> _Asked:
    said = {name: tidy(value.replace("\0", ""))[:MOST_TYPED] for name, value in request.args.items() if value.strip()}
    known: dict[str, set[str]] = {
        "source": {"high", *SourceLevel},
        "state": set(State),
        "task": {"any", *TASKS},
        "when": set(GROUPS),
        "open": {"1"},
        "returned": {"1"},
        "subtree": {"1"},
    }
    kept: dict[str, str] = {n: said[n] for n in ("q", "unit", "leader") if n in said}
    kept |= {n: said[n] for n, values in known.items() if said.get(n) in values}
    days = {n: _day(said.get(n, "")) for n in ("due_from", "due_to", "received_from", "received_to")}
    kept |= {n: day.isoformat() for n, day in days.items() if day}
    conditions = Conditions(
        text=kept.get("q", ""),
        unit=kept.get("unit", ""),
        subtree="subtree" in kept,
        leader=kept.get("leader", ""),
        state=kept.get("state", ""),
        source=kept.get("source", ""),
        task=kept.get("task", ""),
        when=kept.get("when", ""),
        open="open" in kept,
        returned="returned" in kept,
        **days,
    )
    sort = cast("Sort", said["sort"] if said.get("sort") in SORTS else "work")
    place = None
    if "after" in said:
        place = place_from(said["after"], back=False)
    elif "before" in said:
        place = place_from(said["before"], back=True)
    return _Asked(conditions, sort, place, kept)


def _day(typed: str) -> date | None:
    try:
        return date.fromisoformat(typed)
    except ValueError:
        return None


def _uuid(typed: str) -> UUID | None:
    try:
        return UUID(typed)
    except ValueError:
        return None


def _url(said: dict[str, str], sort: str = "work", **more: Any) -> str:
    if sort != "work":
        more["sort"] = sort
    return url_for("instructions.register_list", **(more | said))


def _acts(asked: _Asked, may_register: bool) -> list[_Act]:
    sort: dict[str, Any] = {} if asked.sort == "work" else {"sort": asked.sort}
    acts = [_Act(_("导出 XLSX"), url_for("instructions.export", **(sort | asked.said)), icon="download")]
    if may_register:
        acts.append(_Act(_("导入"), url_for("instructions.import_workbook")))
        acts.append(_Act(_("登记批示件"), url_for("instructions.register"), kind="primary"))
    return acts


def _chips(asked: _Asked) -> list[_Link]:
    return [
        _Link(label, _url({n: v for n, v in asked.said.items() if n != name}, asked.sort))
        for name, label in chip_labels(asked.conditions).items()
    ]


def _groups(found: Page, asked: _Asked) -> list[DrawnGroup]:
    rows = [drawn(row, url_for("matters.matter", matter_id=row.matter.id)) for row in found.rows]
    if not rows:
        return []
    if asked.sort != "work":
        return [DrawnGroup("", "", rows)]
    return grouped(found.rows, rows, whole=found.next is None and found.previous is None)


def _pages(found: Page, asked: _Asked) -> _Pages | None:
    if not found.rows:
        return None
    many = found.total is not None and found.total > queries.MOST_COUNTED
    total = f"{queries.MOST_COUNTED:,}+" if many else f"{found.total or 0:,}"
    return _Pages(
        text=_("本页 %(here)s 件，共 %(total)s 件", here=len(found.rows), total=total),
        note=_("超过 1,000 件时只给约数；加条件可得准数") if many else "",
        prev_url=_url(asked.said, asked.sort, before=place_words(found.previous)) if found.previous else None,
        next_url=_url(asked.said, asked.sort, after=place_words(found.next)) if found.next else None,
    )


def _print_line(name: str) -> str:
    return _("%(name)s 于 %(at)s 打印", name=name, at=f"{clock.local(clock.now()):%Y-%m-%d %H:%M}")
