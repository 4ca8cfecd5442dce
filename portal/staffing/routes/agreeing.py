"""任职同意: what waits for somebody's agreement, ticked and agreed to, or not."""

from __future__ import annotations

from flask import Response, flash, request, url_for

from portal.access.acts import SIGNED_IN
from portal.access.roles import Role
from portal.kernel.language import _
from portal.kernel.refusals import Forbidden, Invalid
from portal.staffing.routes import HIGHEST_ID, blueprint
from portal.staffing.service import agreeing
from portal.web.forms import id_from
from portal.web.guards import allows, current_actor
from portal.web.responses import go, page


@blueprint.get("/network/appointments")
@allows(SIGNED_IN)
def appointments() -> Response:
    """Posts of supervisors, heads and leaders that wait for this person's agreement or, asked for by his office, for another's."""
    return _page()


def _page(refusal: Invalid | None = None) -> Response:
    actor = current_actor()
    found = agreeing.waiting(actor)
    concerned = actor.has(Role.SECRETARIAT, Role.SECURITY_ADMIN, Role.SUPERVISION_HEAD, Role.PRINCIPAL_LEADER)
    if not found and not concerned:
        raise Forbidden(_("您不能办这件事"))
    return page(
        "staffing/appointments.html",
        None,
        422 if refusal else 200,
        lines=[(asked.appointment, Role(asked.appointment.role).label, bool(decision)) for asked, decision in found],
        may=any(decision for _asked, decision in found),
        heads={asked.appointment.id: asked.head_role.label for asked, _decision in found},
        headless={asked.appointment.id for asked, _decision in found if not asked.heads},
        refusal=refusal,
        action=url_for("staffing.decide_appointments"),
        withdraw_url=lambda one: url_for("staffing.withdraw_appointment", appointment_id=one),
    )


@blueprint.post("/network/appointments")
@allows(SIGNED_IN)
def decide_appointments() -> Response:
    """Agree to those that are ticked, or do not: all of them or none."""
    ids = {one for one in map(id_from, request.form.getlist("appointment")) if one}
    agree = request.form.get("how") == "agree"
    try:
        done = agreeing.decide(current_actor(), ids, agree=agree)
    except Invalid as refusal:
        return _page(refusal)
    flash(_("已同意 %(count)s 项任职", count=len(done)) if agree else _("未同意 %(count)s 项任职", count=len(done)), "done")
    return go(url_for("staffing.appointments"))


@blueprint.post(f"/network/appointments/<int(max={HIGHEST_ID}):appointment_id>/withdraw")
@allows(SIGNED_IN)
def withdraw_appointment(appointment_id: int) -> Response:
    """The secretariat takes back what it has asked for."""
    made = agreeing.withdraw(current_actor(), appointment_id)
    flash(_("已撤回：%(name)s", name=made.person.name), "done")
    return go(url_for("staffing.appointments"))
