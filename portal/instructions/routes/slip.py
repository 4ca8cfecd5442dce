"""The assignment slip 交办单, for paper."""

from __future__ import annotations

from uuid import UUID

from flask import Response

from portal.instructions.queries import get_instruction
from portal.instructions.routes import blueprint
from portal.kernel.language import _
from portal.kernel.refusals import Forbidden
from portal.matters import views
from portal.matters.acts import READ_MATTER
from portal.matters.routes.matter import head_of
from portal.web.guards import allows, current_actor
from portal.web.responses import page
from portal.web.transactions import shows


@blueprint.get("/matters/<uuid:matter_id>/slip")
@allows(READ_MATTER)
def slip(matter_id: UUID) -> Response:
    """The slip; of a confidential one for whoever reads its content."""
    actor = current_actor()
    found = get_instruction(actor, matter_id)
    if found.content is None:
        raise Forbidden(_("此件的内容不向您显示，不能打印交办单"))
    shows("slip")
    return page(
        "instructions/slip.html",
        matter=head_of(found),
        heading=_("%(unit)s领导批示件交办单", unit=views.office_of(found)),
        due_on=found.due_on,
        assigned_by=views.office_of(found),
        assigned_on=found.assigned_at,
        contact=None,
        mark=views.watermark(actor, found),
        watermark=views.watermark(actor, found),
    )
