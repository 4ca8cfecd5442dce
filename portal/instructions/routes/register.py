"""The register of leaders' instructions: the list, its export, and acts on ticked rows."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from io import BytesIO
from typing import Any
from uuid import UUID

from flask import Response, request, url_for

from portal.access.actor import Actor
from portal.access.policy import allowed
from portal.documents import workbook
from portal.instructions import acts, bulk
from portal.instructions.routes import blueprint
from portal.instructions.routes.answers import outcomes
from portal.instructions.rules import INSTRUCTION
from portal.kernel import clock
from portal.kernel.language import _, _l
from portal.matters import lists
from portal.matters.acts import READ_REGISTER
from portal.matters.lists.views import turn_of
from portal.matters.models import State
from portal.matters.queries import require_recent_authentication
from portal.matters.routes.lists import Asked, Link, ListPage, asked_for
from portal.matters.views import lamp_of
from portal.web.guards import allows, current_actor
from portal.web.navigation import Button
from portal.web.responses import xlsx
from portal.web.transactions import shows


def _kinds() -> Collection[str]:
    return (INSTRUCTION,)


REGISTER = ListPage(
    endpoint="instructions.register_list",
    kinds=_kinds,
    title=_l("批示件登记表"),
    none=_l("没有符合条件的批示件，可去掉一些条件再试。"),
    empty=_l("没有符合条件的批示件。登记或导入的、交办给本单位的批示件会出现在这里。"),
    search_label=_l("编号、标题、来文字号"),
    title_label=_l("来文标题"),
    source_label=_l("批示来源"),
    by_label=_l("批示"),
    leader_label=_l("批示领导"),
)
# The columns of the export, each with its width.
COLUMNS: tuple[tuple[Any, int], ...] = (
    (_l("编号"), 18), (_l("来文标题"), 44), (_l("来文字号"), 20), (_l("批示来源"), 8), (_l("批示领导"), 14),
    (_l("批示日期"), 11), (_l("收到日期"), 11), (_l("紧急程度"), 8), (_l("主办单位"), 24), (_l("状态"), 12),
    (_l("轮到"), 18), (_l("原定期限"), 11), (_l("期限"), 11), (_l("退回次数"), 8), (_l("时限情况"), 14),
)  # fmt: skip


@blueprint.get("/instructions")
@allows(READ_REGISTER)
def register_list() -> Response:
    """The register as its reader may see it, or its list alone to htmx."""
    entering = to_enter(current_actor(), _("导入"))
    bulk_acts = [Link(_("交办"), url_for("instructions.assign_picked"))] if entering else []
    return REGISTER.show([_export_button(asked_for(REGISTER.endpoint)), *entering], bulk_acts)


@blueprint.get("/instructions/export")
@allows(READ_REGISTER)
def export() -> Response:
    """The list as filtered, as a workbook; of a shell the facts of the shell alone."""
    asked = asked_for(REGISTER.endpoint)
    actor = current_actor()
    secret = lists.any_confidential(actor)
    if secret:
        require_recent_authentication(actor)
    # A sheet with confidential content is made in memory alone; an open one may go through temporary files.
    target = BytesIO()
    lines = _Counted(lists.every_row(actor, _kinds(), asked.conditions, asked.sort))
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


def _uuid(typed: str) -> UUID | None:
    try:
        return UUID(typed)
    except ValueError:
        return None


def _export_button(asked: Asked) -> Button:
    """Of all that fits the conditions, in the order shown; not of one page of it."""
    parts: dict[str, Any] = asked.said | {name: chosen for name, chosen in asked.manner.items() if name == "sort"}
    return Button(url_for("instructions.export", **parts), _("导出 XLSX"), icon="download")
