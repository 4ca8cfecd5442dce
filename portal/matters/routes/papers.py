"""A matter's papers: files, the assignment slip, and who has read a confidential one."""

from __future__ import annotations

from types import SimpleNamespace as Drawn
from uuid import UUID

from flask import Response, current_app, flash, request, url_for

from portal.access.policy import Act, allowed
from portal.access.roles import Role
from portal.audit import journal
from portal.kernel.language import _, _l
from portal.kernel.refusals import Forbidden, Refusal
from portal.matters import forms, queries, views
from portal.matters.models import State
from portal.matters.routes import blueprint
from portal.matters.routes.page import url
from portal.matters.service import attaching
from portal.vault.files import FileStore
from portal.web.answers import go, page
from portal.web.forms import redraw
from portal.web.guards import allows, current_actor

WHAT = {"read": _l("阅读"), "print": _l("打印"), "download": _l("下载"), "report": _l("阅读报结材料")}
CAUSES = {
    "leader": _l("批示领导"), "registrar": _l("登记人"), "handler": _l("承办人"), "signer": _l("签批人"),
    "reviewer": _l("审核人"), "extension": _l("批复延期"),
}


def store() -> FileStore:
    """Where attachments lie."""
    settings = current_app.extensions["settings"]
    return FileStore(settings.files_dir, most=settings.file_limit)


def uploaded() -> list[tuple[str, bytes]]:
    """The files that were sent, with their names."""
    return [(f.filename, f.read()) for f in request.files.getlist("attachments") if f.filename]


@blueprint.get("/attachments/<uuid:attachment_id>")
@allows(Act.READ_MATTER)
def attachment(attachment_id: UUID) -> Response:
    """One file, for who may read its matter; never shown in the page's own right."""
    paper, content = attaching.opened(current_actor(), store(), attachment_id)
    ending = paper.name.rsplit(".", 1)[-1].lower()
    name = f"attachment.{ending}" if paper.confidential else paper.name
    response = Response(content, mimetype="application/octet-stream")
    response.headers.set("Content-Disposition", "attachment", filename=name)
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.content_length = paper.size
    return response


@blueprint.route("/matters/<uuid:matter_id>/attachments", methods=("GET", "POST"))
@allows(Act.AMEND)
def attach(matter_id: UUID) -> Response:
    """Files with the instruction itself."""
    actor = current_actor()
    found = queries.one(actor, matter_id)
    decision = allowed(actor, Act.AMEND, found)
    if not decision or found.content is None:
        raise Forbidden(_("您不能改动附件"), unmet=decision.unmet)
    form = forms.FilesForm()
    drawn = {
        "matter": views.head(found, url(matter_id)), "title": _("加附件"), "lead": None, "facts": [], "quote": None,
        "blocked": [], "button": _("上传"), "files": True, "action": request.path, "back_url": url(matter_id),
        "watermark": views.watermark(actor, found),
    }
    if request.method == "GET":
        return page("instructions/act.html", form=form, refusal=None, **drawn)
    files = uploaded()
    if not files:
        form.attachments.errors = [_("请选择文件")]
    if not files or not form.validate():
        return redraw("instructions/act.html", form, None, **drawn)
    try:
        attaching.attach(actor, store(), matter_id, files)
    except Refusal as refusal:
        if refusal.status not in (409, 422):
            raise
        return redraw("instructions/act.html", form, refusal, **drawn)
    flash(_("附件已上传"))
    return go(url(matter_id))


@blueprint.get("/matters/<uuid:matter_id>/slip")
@allows(Act.READ_MATTER)
def slip(matter_id: UUID) -> Response:
    """交办单, for paper."""
    actor = current_actor()
    found = queries.one(actor, matter_id)
    if found.content is None or found.state == State.REGISTERED:
        raise Forbidden(_("此件没有可以打印的交办单"))
    if found.confidential:
        journal.reading(actor, found.id, "print")
    return page(
        "instructions/slip.html",
        matter=views.head(found, url(matter_id)),
        heading=_("%(unit)s督查室领导批示件交办单", unit=found.supervising_unit.name),
        deadline=views.why(found.closing),
        assigned_by=found.supervising_unit.name,
        assigned_at=found.assigned_at,
        contact=None,
        mark=None,
        watermark=views.watermark(actor, found),
    )


@blueprint.get("/matters/<uuid:matter_id>/readings")
@allows(Act.READ_READINGS)
def readings(matter_id: UUID) -> Response:
    """Who has read a confidential matter, for the supervision head."""
    actor = current_actor()
    found = queries.one(actor, matter_id)
    decision = allowed(actor, Act.READ_READINGS, found)
    if not decision:
        raise Forbidden(_("阅读记录由督查室主任查看"), unmet=decision.unmet)
    roles = {s.post_id: str(Role(s.role).label) for s in actor.standings}
    rows = [
        Drawn(
            at=reading.at, person=person.name, post=roles.get(reading.post_id, ""), unit=unit.name if unit else "",
            cause=str(CAUSES.get(cause or "", "")), what=str(WHAT.get(reading.what, reading.what)),
        )
        for reading, person, unit, cause in queries.readings(found)
    ]
    return page(
        "audit/readings.html", matter=Drawn(number=found.number, url=url_for("matters.matter", matter_id=found.id)),
        readings=rows, audience=None, pages=None,
    )
