"""A closing report while it is written: begun, saved as one writes, submitted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from flask import Response, flash, jsonify, request, url_for
from wtforms import SelectField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]

from portal.access.actor import Actor
from portal.kernel import clock
from portal.kernel.language import _
from portal.kernel.refusals import Invalid, Refusal, Stale
from portal.matters import acts, queries, report_views, views
from portal.matters.forms import reports as forms
from portal.matters.kinds import kind_of
from portal.matters.models import Matter
from portal.matters.routes import blueprint
from portal.matters.routes.matter import head_of, in_the_way, url_of
from portal.matters.routes.reports import changes_url
from portal.matters.service import attaching, reporting
from portal.papers.drafting import draft_of
from portal.papers.models import Paper
from portal.papers.queries import papers_of
from portal.papers.seats import STEP_LABELS, holders_to_choose
from portal.web.formats import moment
from portal.web.forms import id_from, redraw
from portal.web.guards import allows, current_actor
from portal.web.responses import go, page, wants_json
from portal.web.transactions import discard, shows_nothing


def _choosing(actor: Actor, found: Matter) -> tuple[type[forms.ReportForm], dict[int, list[Any]]]:
    """The report's form, with a field for every seat that several people hold."""
    seats = reporting.seats_of(found)
    drafters = reporting.drafters_now(actor, found.content) if found.content else {actor.person_id}
    choices = holders_to_choose(seats, drafters, confidential=found.confidential)
    form = forms.ReportForm.asking(kind_of(found).review.questions)
    for number, people in choices.items():
        label = f"{STEP_LABELS[seats[number - 1].kind]}（{seats[number - 1].role.label}）"
        options = [SelectChoice("", _("请指定一位")), *(SelectChoice(str(h.person_id), h.name) for h in people)]
        setattr(form, f"signer_{number}", SelectField(label, choices=options, validate_choice=False))
    return form, choices


@blueprint.post("/matters/<uuid:matter_id>/report/begin")
@allows(acts.DRAFT_REPORT)
def begin_report(matter_id: UUID) -> Response:
    """Open the draft of the closing report, and go where it is written."""
    version: int | None = forms.PlainForm().version.data  # type: ignore[assignment]
    reporting.open_draft(current_actor(), matter_id, version=version)
    return go(url_for("matters.write_report", matter_id=matter_id))


@blueprint.get("/matters/<uuid:matter_id>/report")
@allows(acts.DRAFT_REPORT)
def write_report(matter_id: UUID) -> Response:
    """Write the closing report; before there is a draft, the way to begin one. Reading begins nothing."""
    actor = current_actor()
    found, _standing = reporting.for_drafter(actor, matter_id)
    draft = draft_of(actor, found.id, kind_of(found).report.paper)
    if draft is None:
        reporting.may_begin(found)
        return page(
            "workflow/act.html",
            matter=head_of(found),
            form=forms.PlainForm(formdata=None),
            refusal=None,
            title=_("写报结材料"),
            button=_("开始写"),
            lead=_("还没有草稿。开始后随写随存；以前有过一稿的，从上一稿的文字写起。"),
            action=url_for("matters.begin_report", matter_id=found.id),
            back_url=url_of(found),
            watermark=views.watermark(actor, found),
        )
    kind, _choices = _choosing(actor, found)
    form = kind()
    _fill(form, draft, found)
    return page("matters/report_write.html", form=form, refusal=None, **_writing(actor, found, draft))


@blueprint.post("/matters/<uuid:matter_id>/report")
@allows(acts.DRAFT_REPORT, saves_itself=True)
def save_report(matter_id: UUID) -> Response:
    """Save the draft as one writes, or submit it when it is done. What was typed survives every refusal."""
    actor = current_actor()
    found, _standing = reporting.for_drafter(actor, matter_id)
    kind, choices = _choosing(actor, found)
    form = kind()
    try:
        draft = _present_draft(actor, found)
        fit = form.validate()
        # A draft may be saved unfinished, but not with what may not be kept: characters, marks, over-long text.
        if not fit and any(field.errors and any(str(typed).strip() for typed in field.raw_data or ()) for field in form):
            raise Invalid(_("有的内容须先改正"))
        if not fit and request.form.get("go") == "submit":
            raise Invalid(_("报结材料还没有填完"))
        saved: int | None = form.version.data  # type: ignore[assignment]
        draft = reporting.save_draft(actor, draft.id, saved, _words(form, kind_of(found).review.questions))
        if wants_json():
            shows_nothing()
            return jsonify({"at": moment(clock.now()), "version": draft.saved})
        attaching.drop(actor, draft, request.form.getlist("drop"))
        for upload in form.attachments.data or []:
            if upload and upload.filename:
                attaching.attach_to_report(actor, draft, upload.filename, upload.stream)
        match request.form.get("go"):
            case "submit":
                named = {n: person for n in choices if (person := id_from(form[f"signer_{n}"].data))}
                reporting.submit_report(actor, draft.id, named=named)
                flash(_("已提交签批"))
                return go(url_of(found))
            case "preview":
                return go(url_for("matters.read_report", report_id=draft.id))
        flash(_("草稿已保存"))
        return go(url_for("matters.write_report", matter_id=found.id))
    except Refusal as refusal:
        if refusal.status not in (409, 422):
            raise
        discard()
        if wants_json():
            shows_nothing()
            return jsonify({"sentence": refusal.sentence}), refusal.status  # type: ignore[return-value]
        found = queries.get_matter(actor, matter_id)
        latest = next(iter(papers_of(actor, found.id, kind_of(found).report.paper)), None)
        if latest is None:
            raise
        return redraw("matters/report_write.html", form, refusal, **_writing(actor, found, latest))


def _present_draft(actor: Actor, found: Matter) -> Paper:
    draft = draft_of(actor, found.id, kind_of(found).report.paper)
    if draft is None:
        raise Stale(_("这一稿已经送签，不能再改；要改动请先撤回"))
    return draft


def _fill(form: Any, draft: Paper, found: Matter) -> None:
    heading = reporting.heading_of(draft, found)
    form.title.data, form.addressee.data = heading.title, heading.addressee
    form.text.data, form.copies.data = draft.body, draft.copies
    for name, words in (draft.answers or {}).items():
        if f"answer_{name}" in form:
            form[f"answer_{name}"].data = words


def _words(form: Any, questions: Iterable[str]) -> dict[str, Any]:
    return {
        "title": form.title.data or "",
        "addressee": form.addressee.data or "",
        "body": form.text.data or "",
        "copies": form.copies.data or None,
        "answers": {code: form[f"answer_{code}"].data for code in questions if form[f"answer_{code}"].data},
    }


def _writing(actor: Actor, found: Matter, draft: Paper) -> dict[str, Any]:
    last, review = report_views.last_return(queries.returns(actor, found), found), kind_of(found).review
    return {
        "matter": head_of(found),
        "turn": views.turn(found, actor.person_id),
        "version": draft.saved,
        "draft_no": draft.draft,
        "changes_url": changes_url(actor, found, draft),
        "questions": report_views.questions(review, last.codes if last else ()),
        "questions_title": review.before_writing,
        "blocked": in_the_way(found, actor),
        "last_return": last,
        "steps": report_views.planned(reporting.seats_of(found), found),
        "files": _files(actor, found, draft),
        "autosave_url": url_for("matters.write_report", matter_id=found.id),
        "saved_at": draft.changed_at if draft.saved > 1 else None,
        "action": url_for("matters.write_report", matter_id=found.id),
        "watermark": views.watermark(actor, found),
    }


def _files(actor: Actor, found: Matter, draft: Paper) -> list[dict[str, Any]]:
    return [
        {"id": a.id, "name": a.name, "url": url_for("matters.attachment", attachment_id=a.id), "size": a.size}
        for a in queries.attachments(actor, found, draft.id)
    ]
