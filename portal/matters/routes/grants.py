"""授权查阅: who was given a reading of an ended confidential matter, giving one more, taking one back."""

from __future__ import annotations

from uuid import UUID

from flask import Response, flash, url_for

from portal.access.policy import allowed
from portal.kernel.language import _
from portal.kernel.refusals import Forbidden, Invalid
from portal.matters import acts, queries
from portal.matters.forms import reviewing as forms
from portal.matters.readings import grants_of
from portal.matters.routes import blueprint
from portal.matters.routes.matter import head_of
from portal.matters.service import granting
from portal.network.queries import resolve_person
from portal.web.forms import redraw
from portal.web.guards import allows, current_actor
from portal.web.responses import go, page


@blueprint.route("/matters/<uuid:matter_id>/grants", methods=["GET", "POST"])
@allows(acts.GRANT_READING, once=True)
def grants(matter_id: UUID) -> Response:
    """Whom the head let read, until when and why; and letting one more."""
    actor = current_actor()
    found = queries.get_matter(actor, matter_id)
    decision = allowed(actor, acts.GRANT_READING, found)
    if not decision:
        raise Forbidden(_("您不能授权查阅：%(why)s", why="；".join(decision.unmet)), unmet=decision.unmet)
    form = forms.GrantForm()
    here = url_for("matters.grants", matter_id=matter_id)
    given = grants_of(found)
    drawn = {
        "matter": head_of(found),
        "action": here,
        "pickers": {"person": url_for("network.suggest_people")},
        "grants": [(one, url_for("matters.end_grant", matter_id=matter_id, grant_id=one.id)) for one in given],
        "readings_url": url_for("matters.readings", matter_id=matter_id),
    }
    if not form.is_submitted():
        return page("audit/grants.html", form=form, refusal=None, **drawn)
    if not form.validate():
        return redraw("audit/grants.html", form, **drawn)
    assert form.last_day.data is not None
    assert form.person.data is not None
    assert form.reason.data is not None
    try:
        granting.grant_reading(
            actor, matter_id, person=resolve_person(form.person.data), last_day=form.last_day.data, reason=form.reason.data
        )
    except Invalid as refusal:
        return redraw("audit/grants.html", form, refusal, **drawn)
    flash(_("已授权查阅"))
    return go(here)


@blueprint.post("/matters/<uuid:matter_id>/grants/<int:grant_id>/end")
@allows(acts.GRANT_READING)
def end_grant(matter_id: UUID, grant_id: int) -> Response:
    """收回授权."""
    granting.end_grant(current_actor(), matter_id, grant_id)
    flash(_("已收回授权"))
    return go(url_for("matters.grants", matter_id=matter_id))
