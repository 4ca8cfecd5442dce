"""Files: added to an instruction by its registering office, downloaded by whoever reads it."""

from __future__ import annotations

from urllib.parse import quote
from uuid import UUID

from flask import Response, flash
from flask_wtf.file import FileRequired, MultipleFileField

from portal.kernel.language import _, _l
from portal.kernel.refusals import Refusal
from portal.matters import acts, queries
from portal.matters.routes import blueprint
from portal.matters.routes.acts import show, version_of
from portal.matters.routes.matter import url_of
from portal.matters.service import attaching
from portal.web.forms import OfficeForm
from portal.web.guards import allows, current_actor
from portal.web.responses import go
from portal.web.transactions import discard, shows
from portal.workflow import engine


class FilesForm(OfficeForm):
    """附件."""

    attachments = MultipleFileField(_l("附件"), [FileRequired(_l("请选择文件"))])


@blueprint.route("/matters/<uuid:matter_id>/attach", methods=["GET", "POST"])
@allows(acts.ATTACH, once=True)
def attach(matter_id: UUID) -> Response:
    """Add the instruction's own papers."""
    actor = current_actor()
    found = queries.get_matter(actor, matter_id)
    engine.demand(actor, acts.ATTACH, found)
    form = FilesForm()
    words = {"title": _("加附件"), "button": _("上传"), "files": True}
    if not form.is_submitted():
        return show(found, form, "workflow/act.html", words)
    try:
        if not form.validate():
            return show(found, form, "workflow/act.html", words)
        papers = [(upload.filename or "", upload.stream) for upload in form.attachments.data or []]
        attaching.attach_to_matter(actor, found, papers, version_of(form))
    except Refusal as refusal:
        if refusal.status not in (409, 422):
            raise
        discard()
        return show(queries.get_matter(actor, matter_id), form, "workflow/act.html", words, refusal)
    flash(_("附件已保存"))
    return go(url_of(found))


@blueprint.get("/attachments/<uuid:attachment_id>")
@allows(acts.READ_MATTER)
def attachment(attachment_id: UUID) -> Response:
    """The file itself, opened for this reader; of a confidential matter under a neutral name."""
    actor = current_actor()
    found = queries.attachment(actor, attachment_id)
    shows("download")
    ending = found.name.rsplit(".", 1)[-1] if "." in found.name else "bin"
    name = f"{_('附件')}.{ending}" if found.confidential else found.name
    answer = Response(attaching.opened(found), mimetype="application/octet-stream")
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    answer.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    answer.headers["Content-Length"] = str(found.size)
    return answer
