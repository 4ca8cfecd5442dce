"""The register: the list with its conditions in the address, its export, and acts on ticked rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from typing import Any, cast
from uuid import UUID

from flask import Response, request, url_for

from portal.access.actor import Actor
from portal.access.policy import allowed
from portal.deadlines.rules import SourceLevel
from portal.documents import workbook
from portal.instructions import acts, bulk
from portal.instructions.routes import blueprint
from portal.instructions.routes.answers import outcomes
from portal.instructions.rules import INSTRUCTION
from portal.instructions.views import DrawnGroup, chip_labels, drawn, grouped, place_from, place_words
from portal.kernel import clock
from portal.kernel.language import _, _l
from portal.kernel.text import tidy
from portal.matters import lists
from portal.matters.acts import READ_REGISTER
from portal.matters.lists import GROUPS, PAGE_SIZE, Conditions, Page, Place, Sort
from portal.matters.lists.words import turn_of
from portal.matters.models import State
from portal.matters.queries import require_recent_authentication
from portal.matters.views import lamp_of
from portal.network.acts import READ_NETWORK
from portal.registry.tasks import TASKS
from portal.web.guards import allows, current_actor
from portal.web.navigation import Button
from portal.web.responses import page, xlsx
from portal.web.transactions import shows

KINDS = (INSTRUCTION,)
MOST_TYPED = 100
SIZES = (PAGE_SIZE, 50, 100)
USUAL = {"sort": "work", "size": str(PAGE_SIZE)}
# What the form asks for: at once, and in its fold. Every other condition of the address goes along with it unseen.
ASKED = ("q", "source", "state", "unit")
FOLDED = ("leader", "subtree", "due_from", "due_to", "received_from", "received_to")
SORTS = {"work": _l("今日到期、即将到期、超期、其余"), "due": _l("按期限"), "received": _l("按收到日期")}
VIEWS: tuple[tuple[Any, dict[str, str]], ...] = (
    (_l("全部"), {}),
    (_l("在办"), {"open": "1"}),
    (_l("待我办"), {"task": "any"}),
    (_l("省级以上"), {"source": "high"}),
    (_l("退回过的"), {"returned": "1"}),
    (_l("已办结"), {"state": "closed"}),
)
# The columns of the export, each with its width.
COLUMNS: tuple[tuple[Any, int], ...] = (
    (_l("编号"), 18), (_l("来文标题"), 44), (_l("来文字号"), 20), (_l("批示来源"), 8), (_l("批示领导"), 14),
    (_l("批示日期"), 11), (_l("收到日期"), 11), (_l("紧急程度"), 8), (_l("主办单位"), 24), (_l("状态"), 12),
    (_l("轮到"), 18), (_l("原定期限"), 11), (_l("期限"), 11), (_l("退回次数"), 8), (_l("时限情况"), 14),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Asked:
    """The address, read: only what it may say, and nothing else of it."""

    conditions: Conditions
    sort: Sort
    size: int
    place: Place | None
    said: dict[str, str]

    @property
    def manner(self) -> dict[str, str]:
        """How the list is shown, as far as not as usual."""
        return _unusual({"sort": self.sort, "size": str(self.size)})

    def url(self, said: dict[str, str] | None = None, **more: str) -> str:
        """The register under these conditions, shown in the same manner."""
        return _url((self.said if said is None else said) | _unusual(self.manner | more))


@dataclass(frozen=True, slots=True)
class _Link:
    label: str
    url: str
    current: bool = False


@dataclass(frozen=True, slots=True)
class _Pages:
    text: str
    note: str
    prev_url: str | None
    next_url: str | None
    sizes: list[_Link]


@blueprint.get("/instructions")
@allows(READ_REGISTER)
def register_list() -> Response:
    """The register as its reader may see it, or its list alone to htmx."""
    asked = _asked()
    actor = current_actor()
    found = lists.page_of(actor, KINDS, asked.conditions, asked.sort, asked.place, asked.size)
    entering = to_enter(actor, _("导入"))
    return page(
        "instructions/register.html",
        "instructions/_list.html",
        acts=[_export_button(asked), *entering],
        views=[_Link(str(label), asked.url(said), said == asked.said) for label, said in VIEWS],
        conditions=asked.said,
        kept={name: value for name, value in (asked.said | asked.manner).items() if name not in (*ASKED, *FOLDED)},
        more=any(name in asked.said for name in FOLDED),
        sources=[("high", _("省级以上")), *((level.value, str(level.label)) for level in SourceLevel)],
        states=[(state.value, str(state.label)) for state in State],
        unit_picker=url_for("network.suggest") if allowed(actor, READ_NETWORK) else None,
        page_url=_url({}),
        print_line=_print_line(actor.name),
        chips=_chips(asked),
        clear_url=asked.url({}),
        sorts=[_Link(str(label), asked.url(sort=name), name == asked.sort) for name, label in SORTS.items()],
        groups=_groups(found, asked),
        bulk=[_Link(_("交办"), url_for("instructions.assign_picked"))] if entering else [],
        pages=_pages(found, asked),
        empty=_("没有符合条件的批示件，可去掉一些条件再试。") if asked.said else None,
    )


@blueprint.get("/instructions/export")
@allows(READ_REGISTER)
def export() -> Response:
    """The list as filtered, as a workbook; of a shell the facts of the shell alone."""
    asked = _asked()
    actor = current_actor()
    secret = lists.any_confidential(actor)
    if secret:
        require_recent_authentication(actor)
    # A sheet with confidential content is made in memory alone; an open one may go through temporary files.
    target = BytesIO()
    lines = _Counted(lists.every_row(actor, KINDS, asked.conditions, asked.sort))
    titles, widths = zip(*((str(title), width) for title, width in COLUMNS), strict=True)
    workbook.write(target, _("批示件登记表"), titles, iter(lines), widths, spool=not secret)
    bulk.note_export(actor, asked.said, lines.count)
    shows("export")
    return xlsx(target.getvalue(), f"{_('批示件登记表')}{clock.today():%Y%m%d}.xlsx")


@blueprint.post("/instructions/assign")
@allows(acts.REGISTER)
def assign_picked() -> Response:
    """交办 of ticked rows, to the units named at registration; what became of each."""
    picked = [one for one in map(_uuid, request.form.getlist("pick")) if one]
    return outcomes(_("批量交办"), bulk.assign_picked(current_actor(), picked))


def to_enter(actor: Actor, import_words: str) -> list[Button]:
    """The ways into the register, for whoever may register; the desk offers them too."""
    if not allowed(actor, acts.REGISTER):
        return []
    return [
        Button(url_for("instructions.import_workbook"), import_words),
        Button(url_for("instructions.register"), _("登记批示件"), kind="primary"),
    ]


class _Counted:
    """The export's lines, counted as they go out."""

    def __init__(self, rows: Iterator[lists.Row]) -> None:
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
    said = {name: tidy(value)[:MOST_TYPED] for name, value in request.args.items() if value.strip()}
    known: dict[str, set[str]] = {
        "source": {"high", *SourceLevel},
        "state": set(State),
        "task": {"any", *TASKS.names},
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
    size = next((size for size in SIZES if str(size) == said.get("size")), PAGE_SIZE)
    return _Asked(conditions, sort, size, place, kept)


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


def _unusual(manner: dict[str, str]) -> dict[str, str]:
    return {name: chosen for name, chosen in manner.items() if USUAL.get(name) != chosen}


def _url(parts: dict[str, Any], endpoint: str = "register_list") -> str:
    return url_for(f"instructions.{endpoint}", **parts)


def _export_button(asked: _Asked) -> Button:
    """Of all that fits the conditions, in the order shown; not of one page of it."""
    parts = asked.said | {name: chosen for name, chosen in asked.manner.items() if name == "sort"}
    return Button(_url(parts, "export"), _("导出 XLSX"), icon="download")


def _chips(asked: _Asked) -> list[_Link]:
    return [
        _Link(label, asked.url({n: v for n, v in asked.said.items() if n != name}))
        for name, label in chip_labels(asked.conditions).items()
    ]


def _groups(found: Page, asked: _Asked) -> list[DrawnGroup]:
    rows = [drawn(row, url_for("matters.matter", matter_id=row.matter.id)) for row in found.rows]
    if not rows:
        return []
    if asked.sort != "work":
        return [DrawnGroup("", "", rows)]
    return grouped(found.rows, rows, begins=found.previous is None, ends=found.next is None)


def _pages(found: Page, asked: _Asked) -> _Pages | None:
    if not found.rows:
        return None
    here, note = len(found.rows), ""
    if found.total is None:
        text, note = _("本页 %(here)s 件", here=here), _("含有所填字词的件较多，未计总数；多填几个字可得准数")
    elif found.total > lists.MOST_COUNTED:
        text = _("本页 %(here)s 件，共 %(total)s 件", here=here, total=f"{lists.MOST_COUNTED:,}+")
        note = _("超过 1,000 件时只给约数；加条件可得准数")
    else:
        text = _("本页 %(here)s 件，共 %(total)s 件", here=here, total=f"{found.total:,}")
    return _Pages(
        text=text,
        note=note,
        prev_url=asked.url(before=place_words(found.previous)) if found.previous else None,
        next_url=asked.url(after=place_words(found.next)) if found.next else None,
        sizes=[_Link(str(size), asked.url(size=str(size)), size == asked.size) for size in SIZES],
    )


def _print_line(name: str) -> str:
    return _("%(name)s 于 %(at)s 打印", name=name, at=f"{clock.local(clock.now()):%Y-%m-%d %H:%M}")
