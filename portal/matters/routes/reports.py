"""A closing report as the page it will become: read, compared with the former draft, signed, sent back or recalled there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from flask import Response, flash, url_for

from portal.access.actor import Actor, Standing
from portal.access.policy import allowed
from portal.identity import authentication
from portal.kernel import clock
from portal.kernel.language import _
from portal.kernel.refusals import Invalid, Invisible, Refusal, Stale
from portal.matters import queries, report_views, views
from portal.matters.acts import DRAFT_REPORT, READ_MATTER, RECALL
from portal.matters.forms import reports as forms
from portal.matters.kinds import kind_of
from portal.matters.models import Matter
from portal.matters.routes import blueprint
from portal.matters.routes.matter import after, head_of
from portal.matters.service import reporting
from portal.papers.acts import SIGN
from portal.papers.frozen import canonical_fields
from portal.papers.models import Paper
from portal.papers.queries import chain_of, former, papers_of
from portal.papers.seats import STEP_LABELS
from portal.web.forms import id_from
from portal.web.guards import allows, current_actor
from portal.web.navigation import Button
from portal.web.responses import go, page
from portal.web.transactions import discard


def changes_url(actor: Actor, found: Matter, shown: Paper) -> str | None:
    """Where this draft is compared with what was submitted before it, for whoever reads both."""
    there = former(actor, shown, found.assigned_at) is not None
    return url_for("matters.report_changes", report_id=shown.id) if there else None


@blueprint.get("/reports/<uuid:report_id>")
@allows(READ_MATTER)
def read_report(report_id: UUID) -> Response:
    """Read it as the page it will become."""
    actor = current_actor()
    found, shown = queries.with_paper(actor, report_id)
    return page("matters/report_read.html", refusal=None, open_sheet=None, **_reading(actor, found, shown))


def _lead(found: Matter, standing: Standing | None) -> str | None:
    """Whoever is about to sign for another is told so, and for whom."""
    if standing is None or standing.delegation_id is None or found.step_now is None:
        return None
    for_whom = next((h.name for h in found.step_now.people if h.post_id == standing.post_id and not h.delegation_id), None)
    return _("受%(name)s委托代签，签名后注明（代）", name=for_whom or standing.role.label)


def _reading(actor: Actor, found: Matter, shown: Paper, sign_form: Any = None, back_form: Any = None) -> dict[str, Any]:
    chain = chain_of(actor, shown)
    sign_off = chain[0]
    seats = reporting.seats_of(found) if shown.state == "draft" else ()
    steps = report_views.steps(shown, *chain[1:], found, seats) if sign_off else []
    waiting = found.step_now
    mine = waiting is not None and waiting.sign_off.paper_id == shown.id and bool(allowed(actor, SIGN, found))
    sign = back = None
    if mine:
        title = str(STEP_LABELS[waiting.step.kind])
        sign_form = sign_form or _sign_form(fresh=True)
        back_form = back_form or forms.SendBackForm(formdata=None)
        sign_form.step.data = back_form.step.data = str(waiting.step.number)
        sign_form.digest.data = waiting.sign_off.digest
        sign = {
            "title": title,
            "button": title,
            "lead": _lead(found, allowed(actor, SIGN, found).standing),
            "url": url_for("matters.sign_report", report_id=shown.id),
            "form": sign_form,
            "version": found.version,
        }
        back = {
            "url": url_for("matters.send_back", report_id=shown.id),
            "lead": None,
            "form": back_form,
            "version": found.version,
        }
    papers = queries.attachments(actor, found, shown.id)
    answers = shown.answers or {}
    acts = []
    if shown.state == "in_sign_off" and allowed(actor, RECALL, found):
        acts.append({"url": url_for("matters.recall_report", report_id=shown.id), "label": _("撤回修改")})
    if changes := changes_url(actor, found, shown):
        acts.append({"url": changes, "label": _("与上一稿对比")})
    if shown.state == "draft" and allowed(actor, DRAFT_REPORT, found):
        acts.append({"url": url_for("matters.write_report", matter_id=found.id), "label": _("继续写")})
    kind = kind_of(found)
    names = [paper.name.rsplit(".", 1)[0] for paper in papers]
    last = str(STEP_LABELS["issue"])
    issuer = next((one.who for one in reversed(steps) if one.title == last and one.state == "done"), None)
    done = sum(step.state == "done" for step in steps)
    return {
        "report": report_views.sheet(
            shown, reporting.heading_of(shown, found), names, issuer, clock.today().year, kind.report.upward(found)
        ),
        "matter": head_of(found),
        "turn": views.turn(found, actor.person_id),
        "steps": steps,
        "passed": _("签批已过 %(n)s 步，共 %(all)s 步", n=done, all=len(steps)) if steps else None,
        "sign": sign,
        "send_back": back,
        "digest": {
            "value": " ".join(sign_off.digest[i : i + 4] for i in range(0, 64, 4)),
            "method": "HMAC-SHA-256" if found.confidential else "SM3",
            "length": len(shown.body),
            "attachments": len(papers),
        }
        if sign_off
        else None,
        "questions": [(str(one.label), answers[code]) for code, one in kind.review.questions.items() if answers.get(code)],
        "questions_title": kind.review.answered,
        "drafts": [
            {"label": _("第 %(n)s 稿", n=other.draft), "url": url_for("matters.read_report", report_id=other.id)}
            for other in papers_of(actor, found.id, shown.kind)
            if other.id != shown.id
        ],
        "last_return": report_views.last_return(queries.returns(actor, found), found),
        "acts": acts,
        "files": [{"name": p.name, "url": url_for("matters.attachment", attachment_id=p.id), "size": p.size} for p in papers],
        "watermark": views.watermark(actor, found),
    }


@blueprint.get("/reports/<uuid:report_id>/changes")
@allows(READ_MATTER)
def report_changes(report_id: UUID) -> Response:
    """What changed since the former draft; nobody finds it who may not read both."""
    actor = current_actor()
    found, shown = queries.with_paper(actor, report_id)
    before = former(actor, shown, found.assigned_at)
    if before is None:
        raise Invisible
    now = canonical_fields(shown, queries.attachments(actor, found, shown.id))
    heading = reporting.heading_of(shown, found)
    now |= {"title": heading.title, "addressee": heading.addressee, "issuing_name": heading.name}
    acts = [Button(url_for("matters.read_report", report_id=shown.id), _("阅读报结材料"))]
    if shown.state == "draft" and allowed(actor, DRAFT_REPORT, found):
        acts.append(Button(url_for("matters.write_report", matter_id=found.id), _("继续写"), "primary"))
    return page(
        "matters/report_changes.html",
        matter=head_of(found),
        turn=views.turn(found, actor.person_id),
        acts=acts,
        watermark=views.watermark(actor, found),
        **report_views.changes(shown, before, now, queries.returns(actor, found), found),
    )


def _sign_form(*, fresh: bool = False) -> forms.SignForm:
    form = forms.SignForm(formdata=None) if fresh else forms.SignForm()
    if not authentication.asks_for_code():
        del form.passcode
    return form


@blueprint.post("/reports/<uuid:report_id>/sign")
@allows(SIGN)
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
            actor,
            report_id,
            step=_step(form),
            digest=form.digest.data or "",
            confirm=lambda: authentication.confirm(actor, form.password.data or "", code),
            authentication=authentication.way_of_confirming(),
        )
    except Refusal as refusal:
        return _once_more(current_actor(), report_id, refusal, "sign", form)
    flash(_("已签批"))
    return after(found)


@blueprint.post("/reports/<uuid:report_id>/send-back")
@allows(SIGN)
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
    found, shown = queries.with_paper(actor, report_id)
    drawn = _reading(actor, found, shown, form if sheet == "sign" else None, form if sheet == "back" else None)
    return page(
        "matters/report_read.html",
        status=refusal.status,
        refusal=refusal,
        open_sheet=sheet if drawn["sign"] else None,
        **drawn,
    )


@blueprint.route("/reports/<uuid:report_id>/recall", methods=["GET", "POST"])
@allows(RECALL, once=True)
def recall_report(report_id: UUID) -> Response:
    """撤回修改."""
    actor = current_actor()
    form = forms.PlainForm()
    found, shown = queries.with_paper(actor, report_id)
    if form.is_submitted():
        if shown.state != "in_sign_off":
            raise Stale(_("这一稿现在不在签批中"))
        reporting.recall(actor, report_id, version=form.version.data)  # type: ignore[arg-type]
        flash(_("已撤回，可以修改"))
        return go(url_for("matters.write_report", matter_id=found.id))
    return page(
        "workflow/act.html",
        matter=head_of(found),
        form=form,
        refusal=None,
        title=_("撤回修改"),
        button=_("撤回"),
        lead=_("撤回后已有的签字不再算数，改好后须从核稿重新走起。"),
        facts=[],
        quote=None,
        blocked=[],
        action=url_for("matters.recall_report", report_id=report_id),
        back_url=url_for("matters.read_report", report_id=report_id),
        watermark=views.watermark(actor, found),
    )
