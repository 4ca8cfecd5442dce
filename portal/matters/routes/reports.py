"""The closing report: written, read as the page it will become, submitted, signed or sent back in one place."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from flask import Response, flash, jsonify, request, url_for
from wtforms import SelectField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]

from portal.access.actor import Actor
from portal.access.policy import Act, allowed
from portal.audit import journal
from portal.identity import door
from portal.kernel import clock
from portal.kernel.language import _
from portal.kernel.refusals import Invalid, Invisible, Refusal, Stale
from portal.matters import forms, queries, views
from portal.matters.models import Matter, Report
from portal.matters.routes import blueprint
from portal.matters.routes.matter import after, head_of, in_the_way, url_of
from portal.matters.rules import QUESTIONS
from portal.matters.service import attaching, reporting
from portal.web.answers import go, page, wants_json
from portal.web.formats import moment
from portal.web.forms import id_from, redraw
from portal.web.frame import Button
from portal.web.guards import allows, current_actor
from portal.web.transactions import discard
from portal.workflow import signoff


def _choosing(actor: Actor, found: Matter) -> tuple[type[forms.ReportForm], dict[int, list[Any]]]:
    """The report's form, with a field for every seat that several people hold."""
    seats = reporting.seats_of(found)
    choices = signoff.holders_to_choose(seats, actor.person_id, confidential=found.confidential)

    class Form(forms.ReportForm):
        pass

    for number, people in choices.items():
        label = f"{signoff.STEP_LABELS[seats[number - 1].kind]}（{seats[number - 1].role.label}）"
        options = [SelectChoice("", _("请指定一位")), *(SelectChoice(str(h.person_id), h.name) for h in people)]
        setattr(Form, f"signer_{number}", SelectField(label, choices=options, validate_choice=False))
    return Form, choices


@blueprint.post("/matters/<uuid:matter_id>/report/begin")
@allows(Act.DRAFT_REPORT)
def begin_report(matter_id: UUID) -> Response:
    """Open the draft of the closing report, and go where it is written."""
    version: int | None = forms.PlainForm().version.data  # type: ignore[assignment]
    reporting.open_draft(current_actor(), matter_id, version=version)
    return go(url_for("matters.write_report", matter_id=matter_id))


@blueprint.get("/matters/<uuid:matter_id>/report")
@allows(Act.DRAFT_REPORT)
def write_report(matter_id: UUID) -> Response:
    """Write the closing report; before there is a draft, the way to begin one. Reading begins nothing."""
    actor = current_actor()
    found, _standing = reporting.for_drafter(actor, matter_id)
    draft = reporting.draft_of(actor, found)
    if draft is None:
        reporting.may_begin(found)
        return page(
            "instructions/act.html", matter=head_of(found), form=forms.PlainForm(formdata=None), refusal=None,
            title=_("写报结材料"), button=_("开始写"), lead=_("还没有草稿。开始后随写随存；以前有过一稿的，从上一稿的文字写起。"),
            action=url_for("matters.begin_report", matter_id=found.id), back_url=url_of(found),
            watermark=views.watermark(actor, found),
        )
    if found.confidential:
        journal.reading(actor, found.id, "report")
    kind, _choices = _choosing(actor, found)
    form = kind()
    _fill(form, draft)
    return page("instructions/report_write.html", form=form, refusal=None, **_writing(actor, found, draft))


@blueprint.post("/matters/<uuid:matter_id>/report")
@allows(Act.DRAFT_REPORT, saves_itself=True)
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
        draft = reporting.save_draft(actor, draft.id, saved, _words(form))
        if wants_json():
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
            return jsonify({"sentence": refusal.sentence}), refusal.status  # type: ignore[return-value]
        found = queries.one(actor, matter_id)
        latest = next(iter(queries.reports(actor, found)), None)
        if latest is None:
            raise
        return redraw("instructions/report_write.html", form, refusal, **_writing(actor, found, latest))


def _present_draft(actor: Actor, found: Matter) -> Report:
    draft = reporting.draft_of(actor, found)
    if draft is None:
        raise Stale(_("这一稿已经送签，不能再改；要改动请先撤回"))
    return draft


def _fill(form: Any, draft: Report) -> None:
    form.title.data, form.addressee.data = draft.title, draft.addressee
    form.text.data, form.copies.data = draft.body, draft.copies
    for name, words in (draft.answers or {}).items():
        if f"answer_{name}" in form:
            form[f"answer_{name}"].data = words


def _words(form: Any) -> dict[str, Any]:
    return {
        "title": form.title.data or "", "addressee": form.addressee.data or "", "body": form.text.data or "",
        "copies": form.copies.data or None,
        "answers": {name: form[f"answer_{name}"].data for name in QUESTIONS if form[f"answer_{name}"].data},
    }


def _writing(actor: Actor, found: Matter, draft: Report) -> dict[str, Any]:
    last = views.last_return(queries.returns(actor, found), found.returns)
    return {
        "matter": head_of(found), "turn": views.turn(found), "version": draft.saved, "draft_no": draft.draft,
        "changes_url": _changes_url(actor, draft), "questions": views.questions(last.codes if last else ()),
        "blocked": in_the_way(found, actor), "last_return": last, "steps": views.planned(reporting.seats_of(found), found),
        "files": _files(actor, found, draft), "autosave_url": url_for("matters.write_report", matter_id=found.id),
        "saved_at": draft.changed_at if draft.saved > 1 else None,
        "action": url_for("matters.write_report", matter_id=found.id), "watermark": views.watermark(actor, found),
    }


def _changes_url(actor: Actor, shown: Report) -> str | None:
    """Where this draft is compared with what was submitted before it, for whoever reads both."""
    there = queries.former(actor, shown) is not None
    return url_for("matters.report_changes", report_id=shown.id) if there else None


def _files(actor: Actor, found: Matter, draft: Report) -> list[dict[str, Any]]:
    return [
        {"id": a.id, "name": a.name, "url": url_for("matters.attachment", attachment_id=a.id), "size": a.size}
        for a in queries.attachments(actor, found, draft.id)
    ]


@blueprint.get("/reports/<uuid:report_id>")
@allows(Act.READ_MATTER)
def read_report(report_id: UUID) -> Response:
    """Read it as the page it will become."""
    actor = current_actor()
    shown = queries.report(actor, report_id)
    found = queries.one(actor, shown.matter_id)
    if found.confidential:
        journal.reading(actor, found.id, "report")
    return page("instructions/report_read.html", refusal=None, open_sheet=None, **_reading(actor, found, shown))


def _reading(
    actor: Actor, found: Matter, shown: Report, sign_form: Any = None, back_form: Any = None
) -> dict[str, Any]:
    chain = queries.chain_of(actor, shown)
    sign_off = chain[0]
    steps = views.steps(shown, *chain[1:], found) if sign_off else []
    waiting = found.step_now
    mine = (
        waiting is not None and waiting.step.report_id == shown.id and bool(allowed(actor, Act.SIGN, found))
    )
    sign = back = None
    if mine:
        title = str(signoff.STEP_LABELS[waiting.step.kind])
        sign_form = sign_form or _sign_form(fresh=True)
        back_form = back_form or forms.SendBackForm(formdata=None)
        sign_form.step.data = back_form.step.data = str(waiting.step.number)
        sign_form.digest.data = waiting.sign_off.digest
        sign = {
            "title": title, "button": title, "lead": None, "url": url_for("matters.sign_report", report_id=shown.id),
            "form": sign_form, "version": found.version,
        }
        back = {
            "url": url_for("matters.send_back", report_id=shown.id), "lead": None, "form": back_form,
            "version": found.version,
        }
    papers = queries.attachments(actor, found, shown.id)
    answers = shown.answers or {}
    acts = []
    if shown.state == "in_sign_off" and allowed(actor, Act.RECALL, found):
        acts.append({"url": url_for("matters.recall_report", report_id=shown.id), "label": _("撤回修改")})
    if changes := _changes_url(actor, shown):
        acts.append({"url": changes, "label": _("与上一稿对比")})
    if shown.state == "draft" and allowed(actor, Act.DRAFT_REPORT, found):
        acts.append({"url": url_for("matters.write_report", matter_id=found.id), "label": _("继续写")})
    unit = found.lead_unit
    assert unit is not None
    upward = found.source_level in reporting.PARTY_LEVELS
    mark = reporting.document_mark(found, unit)
    last = str(signoff.STEP_LABELS["issue"])
    issuer = next((one.who for one in reversed(steps) if one.title == last and one.state == "done"), None)
    done = sum(step.state == "done" for step in steps)
    return {
        "report": views.sheet(
            shown, [paper.name.rsplit(".", 1)[0] for paper in papers], mark, issuer, clock.today().year, upward
        ),
        "matter": head_of(found), "turn": views.turn(found), "steps": steps,
        "passed": _("签批已过 %(n)s 步，共 %(all)s 步", n=done, all=len(steps)) if steps else None,
        "sign": sign, "send_back": back,
        "digest": {
            "value": " ".join(sign_off.digest[i : i + 4] for i in range(0, 64, 4)), "method": "SM3",
            "length": len(shown.body), "attachments": len(papers),
        } if sign_off else None,
        "questions": [(str(label), answers[k]) for k, label in QUESTIONS.items() if answers.get(k)],
        "drafts": [
            {"label": _("第 %(n)s 稿", n=other.draft), "url": url_for("matters.read_report", report_id=other.id)}
            for other in queries.reports(actor, found) if other.id != shown.id
        ],
        "last_return": views.last_return(queries.returns(actor, found), found.returns), "acts": acts,
        "files": [{"name": p.name, "url": url_for("matters.attachment", attachment_id=p.id), "size": p.size} for p in papers],
        "watermark": views.watermark(actor, found),
    }


@blueprint.get("/reports/<uuid:report_id>/changes")
@allows(Act.READ_MATTER)
def report_changes(report_id: UUID) -> Response:
    """What changed since the former draft; nobody finds it who may not read both."""
    actor = current_actor()
    shown = queries.report(actor, report_id)
    found = queries.one(actor, shown.matter_id)
    before = queries.former(actor, shown)
    if before is None:
        raise Invisible
    if found.confidential:
        journal.reading(actor, found.id, "report")
    now = reporting.canonical_fields(shown, queries.attachments(actor, found, shown.id))
    acts = [Button(url_for("matters.read_report", report_id=shown.id), _("阅读报结材料"))]
    if shown.state == "draft" and allowed(actor, Act.DRAFT_REPORT, found):
        acts.append(Button(url_for("matters.write_report", matter_id=found.id), _("继续写"), "primary"))
    return page(
        "instructions/report_changes.html", matter=head_of(found), turn=views.turn(found), acts=acts,
        watermark=views.watermark(actor, found), **views.changes(shown, before, now, queries.returns(actor, found)),
    )


def _sign_form(*, fresh: bool = False) -> forms.SignForm:
    form = forms.SignForm(formdata=None) if fresh else forms.SignForm()
    if not door.asks_for_code():
        del form.passcode
    return form


@blueprint.post("/reports/<uuid:report_id>/sign")
@allows(Act.SIGN)
def sign_report(report_id: UUID) -> Response:
    """Check, endorse, countersign or issue: exactly the text that was shown, with the password again."""
    form = _sign_form()
    code = form.passcode.data if "passcode" in form else None
    # By what he types here he confirms himself; where it is refused, the page is drawn for who he was before.
    actor = replace(current_actor(), confirmed=True)
    try:
        if not form.validate():
            raise Invalid(_("请输入口令"), fields={"password": _("请输入口令")} if not form.password.data else {})
        found = reporting.sign(
            actor, report_id, step=_step(form), digest=form.digest.data or "",
            confirm=lambda: door.confirm(actor, form.password.data or "", code), authentication=door.way_of_confirming(),
        )
    except Refusal as refusal:
        return _once_more(current_actor(), report_id, refusal, "sign", form)
    flash(_("已签批"))
    return after(found)


@blueprint.post("/reports/<uuid:report_id>/send-back")
@allows(Act.SIGN)
def send_back(report_id: UUID) -> Response:
    """送签退回."""
    actor = current_actor()
    form = forms.SendBackForm()
    try:
        if not form.validate():
            raise Invalid(_("请写明退回的理由"))
        found = reporting.send_back(actor, report_id, step=_step(form), reason=form.reason.data or "")
    except Refusal as refusal:
        return _once_more(actor, report_id, refusal, "back", form)
    flash(_("已退回承办人"))
    return after(found)


def _step(form: Any) -> int:
    return id_from(form.step.data) or 0


def _once_more(actor: Actor, report_id: UUID, refusal: Refusal, sheet: str, form: Any) -> Response:
    if refusal.status not in (409, 422):
        raise refusal
    discard()
    form.take(refusal)
    shown = queries.report(actor, report_id)
    found = queries.one(actor, shown.matter_id)
    drawn = _reading(actor, found, shown, form if sheet == "sign" else None, form if sheet == "back" else None)
    return page(
        "instructions/report_read.html", status=refusal.status, refusal=refusal,
        open_sheet=sheet if drawn["sign"] else None, **drawn,
    )


@blueprint.route("/reports/<uuid:report_id>/recall", methods=["GET", "POST"])
@allows(Act.RECALL)
def recall_report(report_id: UUID) -> Response:
    """撤回修改."""
    actor = current_actor()
    form = forms.PlainForm()
    shown = queries.report(actor, report_id)
    found = queries.one(actor, shown.matter_id)
    if form.is_submitted():
        if shown.state != "in_sign_off":
            raise Stale(_("这一稿现在不在签批中"))
        reporting.recall(actor, report_id, version=form.version.data)  # type: ignore[arg-type]
        flash(_("已撤回，可以修改"))
        return go(url_for("matters.write_report", matter_id=found.id))
    return page(
        "instructions/act.html", matter=head_of(found), form=form, refusal=None, title=_("撤回修改"), button=_("撤回"),
        lead=_("撤回后已有的签字不再算数，改好后须从核稿重新走起。"), facts=[], quote=None, blocked=[],
        action=url_for("matters.recall_report", report_id=report_id),
        back_url=url_for("matters.read_report", report_id=report_id), watermark=views.watermark(actor, found),
    )
