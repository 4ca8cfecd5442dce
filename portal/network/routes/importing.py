"""The secretariat's workbooks of units and posts: choose, preview, done; export in the same columns; passwords, once."""

from __future__ import annotations

import io
from typing import Any
from uuid import UUID

from flask import Response, request, url_for
from wtforms import RadioField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]

from portal.access.policy import Act
from portal.access.roles import Role
from portal.documents import workbook
from portal.importing import previews as kept_previews
from portal.importing.forms import WorkbookForm
from portal.importing.models import ImportPreview
from portal.kernel import clock
from portal.kernel.language import _, _l
from portal.kernel.refusals import Invalid, Stale
from portal.network import previews
from portal.network.plan import POSTS, UNITS
from portal.network.routes import blueprint
from portal.web.answers import go, page, xlsx
from portal.web.forms import redraw
from portal.web.guards import allows, current_actor

CHOOSE = "network/import_choose.html"
MOST_FAULTS = 300
_NAMES = {UNITS: _l("单位表"), POSTS: _l("岗位表")}
_SHEET = "<any(units, posts):sheet>"


class SheetForm(WorkbookForm):
    """Which of the two workbooks it is."""

    sheet = RadioField(_l("内容"), choices=[SelectChoice(UNITS, _l("单位表")), SelectChoice(POSTS, _l("岗位表"))], default=UNITS)


@blueprint.get("/network/import")
@allows(Act.KEEP_NETWORK, once=True)
def import_workbook() -> Response:
    """Which workbook."""
    return page(CHOOSE, form=SheetForm(formdata=None), refusal=None, **_choosing())


@blueprint.post("/network/import")
@allows(Act.KEEP_NETWORK, once=True)
def judge_workbook() -> Response:
    """Judge it and go to the preview."""
    form = SheetForm()
    if not form.validate():
        return redraw(CHOOSE, form, **_choosing())
    chosen, sheet = form.workbook.data, form.sheet.data
    try:
        kept = previews.upload(current_actor(), sheet, chosen.filename or "", chosen.read(previews.MOST_BYTES + 1))
    except Invalid as refusal:
        return redraw(CHOOSE, form, refusal, **_choosing())
    return go(_url(kept))


@blueprint.get(f"/network/import/{_SHEET}/<uuid:preview_id>")
@allows(Act.KEEP_NETWORK)
def import_preview(sheet: str, preview_id: UUID) -> Response:
    """Every row judged; or, when it was decided, what became of it."""
    kept = previews.preview(current_actor(), sheet, preview_id)
    verdict = kept.judged["verdict"]
    more: dict[str, Any] = {"sheet": sheet, "preview_id": kept.id}
    shared: dict[str, Any] = {
        "name": kept.name, "label": _NAMES[sheet], "verdict": verdict, "bad": len(verdict["bad"]),
        "good": verdict["new"] + verdict["changed"], "uploaded_at": kept.made_at,
        "report_url": url_for("network.import_report", **more) if verdict["faults"] else None,
        "back_url": url_for("network.import_workbook"), "tree_url": url_for("network.tree"),
    }  # fmt: skip
    if kept.state != "judged":
        fetch = url_for("network.fetch_passwords", **more) if kept.secrets else None
        return page("network/import_done.html", done=kept.state == "imported", passwords_url=fetch, **shared)
    return page(
        "network/import_preview.html", sheet=sheet, roles={str(role): role.label for role in Role},
        action=url_for("network.carry_out_import", **more),
        faults=verdict["faults"][:MOST_FAULTS], more_faults=len(verdict["faults"]) > MOST_FAULTS, **shared,
    )  # fmt: skip


@blueprint.post(f"/network/import/{_SHEET}/<uuid:preview_id>")
@allows(Act.KEEP_NETWORK)
def carry_out_import(sheet: str, preview_id: UUID) -> Response:
    """Import all good rows, or none."""
    actor = current_actor()
    try:
        if request.form.get("how") == "good":
            kept = previews.carry_out(actor, sheet, preview_id)
        else:
            kept = kept_previews.drop(previews.preview(actor, sheet, preview_id, lock=True))
    except (Invalid, Stale) as refusal:
        return redraw(CHOOSE, SheetForm(formdata=None), refusal, **_choosing())
    return go(_url(kept))


@blueprint.get(f"/network/import/{_SHEET}/<uuid:preview_id>/report")
@allows(Act.KEEP_NETWORK)
def import_report(sheet: str, preview_id: UUID) -> Response:
    """The rows at fault, to be corrected and sent again."""
    return xlsx(previews.report(previews.preview(current_actor(), sheet, preview_id)), _("核对报告.xlsx"))


@blueprint.post(f"/network/import/{_SHEET}/<uuid:preview_id>/passwords")
@allows(Act.KEEP_NETWORK)
def fetch_passwords(sheet: str, preview_id: UUID) -> Response:
    """The one-time passwords of the people whom this import brought in: once."""
    return xlsx(previews.passwords_once(current_actor(), preview_id), _("一次性口令.xlsx"))


@blueprint.get(f"/network/export/{_SHEET}")
@allows(Act.KEEP_NETWORK)
def export(sheet: str) -> Response:
    """One's part of the network, as an import takes it."""
    return xlsx(previews.export(current_actor(), sheet), f"{_NAMES[sheet]}{clock.today():%Y%m%d}.xlsx")


@blueprint.get(f"/network/empty-workbook/{_SHEET}")
@allows(Act.KEEP_NETWORK)
def empty_workbook(sheet: str) -> Response:
    """A workbook with the columns."""
    target = io.BytesIO()
    workbook.write(target, str(_NAMES[sheet]), previews.COLUMNS[sheet], [], (18,) * 7)
    return xlsx(target.getvalue(), f"{_NAMES[sheet]}.xlsx")


def _url(kept: ImportPreview) -> str:
    return url_for("network.import_preview", sheet=kept.kind, preview_id=kept.id)


def _choosing() -> dict[str, Any]:
    states = {"judged": _("待决定"), "imported": _("已导入"), "dropped": _("未导入")}
    return {
        "action": url_for("network.judge_workbook"),
        "tree_url": url_for("network.tree"),
        "templates": [(_NAMES[sheet], url_for("network.empty_workbook", sheet=sheet)) for sheet in previews.KINDS],
        "exports": [(_NAMES[sheet], url_for("network.export", sheet=sheet)) for sheet in previews.KINDS],
        "limit": _(".xlsx 工作簿，不超过 10 MB、%(most)s 行", most=f"{previews.MOST_ROWS:,}"),
        "recent": [
            (kept.name, _url(kept), kept.made_at, states[kept.state])
            for kept in kept_previews.recent(current_actor().person_id, *previews.KINDS)
        ],
    }
