"""The pages of an import: choose, preview, done; the report and the empty workbook. One set for all: `lead_through` gives them
their addresses below a feature's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias
from uuid import UUID

from flask import Blueprint, Response, request, url_for
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]

from portal.access.actor import Actor
from portal.importing import service
from portal.importing.forms import SheetForm, WorkbookForm
from portal.importing.judging import AnyJudged
from portal.importing.models import ImportPreview
from portal.importing.service import MOST_BYTES, AnyImport
from portal.kernel.language import _
from portal.kernel.refusals import Invalid, Stale
from portal.web.forms import redraw
from portal.web.guards import allows, current_actor
from portal.web.responses import go, page, xlsx
from portal.web.transactions import shows

MOST_FAULTS = 300
More: TypeAlias = "Mapping[str, Any]"  # type: ignore[explicit-any]  # what a template is given


def _nothing() -> More:
    return {}


@dataclass(frozen=True, kw_only=True)
class Pages:
    """What a feature says on the pages of its imports. In `templates` stand the three, each drawn over the one of `importing/`;
    `back` is the endpoint to which the trail leads. `view` is the judgement as its owner may read it now; `choose`, `rows` and
    `done` are what the feature adds to each page."""

    imports: tuple[AnyImport, ...]
    address: str
    empty: str
    templates: str
    back: str
    view: Callable[[Actor, ImportPreview], AnyJudged]
    rows: Callable[[ImportPreview, AnyJudged], More]
    done: Callable[[ImportPreview, AnyJudged], More]
    choose: Callable[[], More] = _nothing

    def named(self, name: str | None) -> AnyImport:
        """The import of this name; where there is but one, it."""
        return next(what for what in self.imports if name in (what.name, None))

    def url(self, blueprint: str, view: str, name: str, preview_id: UUID | None = None) -> str:
        """Where this view of an import, or of one of its judgements, is."""
        sheet = name if len(self.imports) > 1 else None
        return url_for(f"{blueprint}.{view}", preview_id=preview_id, sheet=sheet)


def lead_through(blueprint: Blueprint, pages: Pages) -> None:
    """Give the blueprint the routes of these imports. Where there are several, the address says which it is."""
    act = pages.imports[0].act
    which = f"/<any({', '.join(what.name for what in pages.imports)}):sheet>" if len(pages.imports) > 1 else ""
    one = f"{pages.address}{which}/<uuid:preview_id>"

    @blueprint.get(pages.address)
    @allows(act, once=True)
    def import_workbook() -> Response:
        """Which workbook."""
        return page(_choose(pages), form=_form(pages, fresh=True), refusal=None, **_choosing(blueprint.name, pages))

    @blueprint.post(pages.address)
    @allows(act, once=True)
    def judge_workbook() -> Response:
        """Judge it and go to the preview."""
        form = _form(pages)
        if not form.validate():
            return redraw(_choose(pages), form, **_choosing(blueprint.name, pages))
        what = pages.named(form.sheet.data if isinstance(form, SheetForm) else None)
        chosen = form.workbook.data
        try:
            kept = service.upload(current_actor(), what, chosen.filename or "", chosen.read(MOST_BYTES + 1))
        except Invalid as refusal:
            return redraw(_choose(pages), form, refusal, **_choosing(blueprint.name, pages))
        return go(pages.url(blueprint.name, "import_preview", kept.kind, kept.id))

    @blueprint.get(one)
    @allows(act)
    def import_preview(preview_id: UUID, sheet: str | None = None) -> Response:
        """Every row judged; or, when it was decided, what became of it."""
        actor = current_actor()
        kept = service.preview(actor, pages.named(sheet), preview_id)
        return _shown(blueprint.name, pages, kept, pages.view(actor, kept))

    @blueprint.post(one)
    @allows(act)
    def carry_out_import(preview_id: UUID, sheet: str | None = None) -> Response:
        """Import all good rows, or none."""
        decide = service.carry_out if request.form.get("how") == "good" else service.drop
        try:
            kept = decide(current_actor(), pages.named(sheet), preview_id)
        except (Invalid, Stale) as refusal:
            return redraw(_choose(pages), _form(pages, fresh=True), refusal, **_choosing(blueprint.name, pages))
        return go(pages.url(blueprint.name, "import_preview", kept.kind, kept.id))

    @blueprint.get(f"{one}/report")
    @allows(act)
    def import_report(preview_id: UUID, sheet: str | None = None) -> Response:
        """The rows with faults or warnings, to be corrected and sent again."""
        actor, what = current_actor(), pages.named(sheet)
        shows("download")
        judged = pages.view(actor, service.preview(actor, what, preview_id))
        return xlsx(service.report(what, judged), _("核对报告.xlsx"))

    @blueprint.get(f"{pages.empty}{which}")
    @allows(act)
    def empty_workbook(sheet: str | None = None) -> Response:
        """A workbook with the columns."""
        what = pages.named(sheet)
        return xlsx(service.empty_workbook(what), f"{what.words}.xlsx")


def _choose(pages: Pages) -> str:
    return f"{pages.templates}/import_choose.html"


def _form(pages: Pages, *, fresh: bool = False) -> WorkbookForm:
    more = {"formdata": None} if fresh else {}
    if len(pages.imports) == 1:
        return WorkbookForm(**more)
    form = SheetForm(**more)
    form.sheet.choices = [SelectChoice(what.name, what.words) for what in pages.imports]
    form.sheet.data = form.sheet.data or pages.imports[0].name
    return form


def _choosing(blueprint: str, pages: Pages) -> More:
    states = {"judged": _("待决定"), "imported": _("已导入"), "dropped": _("未导入")}
    most = max(what.most_rows for what in pages.imports)
    return {
        "action": url_for(f"{blueprint}.judge_workbook"),
        "back_url": url_for(pages.back),
        "templates": [(what.words, pages.url(blueprint, "empty_workbook", what.name)) for what in pages.imports],
        "limit": _(".xlsx 工作簿（.xls、.et、CSV 也可以），不超过 10 MB、%(most)s 行", most=f"{most:,}"),
        "recent": [
            (kept.name, pages.url(blueprint, "import_preview", kept.kind, kept.id), kept.made_at, states[kept.state])
            for kept in service.recent(current_actor(), pages.imports)
        ],
        **pages.choose(),
    }


def _shown(blueprint: str, pages: Pages, kept: ImportPreview, judged: AnyJudged) -> Response:
    bad = len(judged.bad_rows)
    shared = {
        "name": kept.name,
        "kind": kept.kind,
        "label": pages.named(kept.kind).words,
        "judged": judged,
        "bad": bad,
        "uploaded_at": kept.made_at,
        "report_url": pages.url(blueprint, "import_report", kept.kind, kept.id) if judged.faults else None,
        "back_url": url_for(f"{blueprint}.import_workbook"),
        "above_url": url_for(pages.back),
    }
    if kept.state != "judged":
        done = kept.state == "imported"
        return page(f"{pages.templates}/import_done.html", done=done, **shared, **pages.done(kept, judged))
    return page(
        f"{pages.templates}/import_preview.html",
        action=pages.url(blueprint, "carry_out_import", kept.kind, kept.id),
        good=len(judged.good),
        faults=judged.faults[:MOST_FAULTS],
        more_faults=len(judged.faults) > MOST_FAULTS,
        **shared,
        **pages.rows(kept, judged),
    )
