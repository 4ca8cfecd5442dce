"""The pages of the verbs: one form, one act, on one matter. Each row of `matters.verbs` that has a form, or is a bare button,
stands under its name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Response, flash, request, url_for

from portal.kernel.refusals import Refusal
from portal.matters import queries, views
from portal.matters.forms.reports import PlainForm
from portal.matters.models import Matter
from portal.matters.routes import blueprint
from portal.matters.routes.matter import after, head_of, url_of
from portal.matters.verbs import VERBS
from portal.matters.workflow import WORKFLOW, MatterVerb, enact
from portal.web.forms import OfficeForm, redraw
from portal.web.guards import allows, current_actor
from portal.web.responses import go, page
from portal.web.transactions import discard
from portal.workflow import engine
from portal.workflow.verbs import Offered


def show(found: Matter, form: OfficeForm, template: str, words: dict[str, Any], refusal: Refusal | None = None) -> Response:
    """The act's page, or the form again with what was typed and what refused it."""
    drawn = {
        "matter": head_of(found),
        "action": request.path,
        "back_url": url_of(found),
        "pickers": _pickers(),
        "facts": [],
        "quote": None,
        "blocked": [],
        "lead": None,
        "proposal": None,
        "deadline": views.closing(found),
        "rows": {},
        "watermark": views.watermark(current_actor(), found),
        **words,
    }
    if refusal is not None or form.errors:
        return redraw(template, form, refusal, **drawn)
    return page(template, form=form, refusal=None, **drawn)


def _pickers() -> dict[str, str]:
    suggest = url_for("network.suggest")
    return {"lead_unit": suggest, "co_units": suggest, "units": suggest}


def version_of(form: OfficeForm) -> int | None:
    """The matter's version that the form was drawn from."""
    version: int | None = form.version.data  # type: ignore[assignment]
    return version


def _perform(verb: MatterVerb[Any], matter_id: UUID) -> Response:
    """Show the form (GET), or do the act and go back to the matter (POST). What stands in the way is listed first; a
    refusal draws the form again with what was typed."""
    actor = current_actor()
    found = queries.get_matter(actor, matter_id)
    engine.demand(actor, verb.act, found)
    assert verb.form is not None
    form = verb.form.of(found)
    form.offer(actor, found)
    words = {"title": verb.label, "button": verb.label, "lead": form.lead, "rows": form.rows, **form.on_page(actor, found)}
    if not form.is_submitted():
        judged = engine.judge(verb, actor, found)
        return show(found, form, form.template, words | {"blocked": list(judged.unmet)})
    try:
        if not form.validate():
            return show(found, form, form.template, words)
        engine.check_version(WORKFLOW, actor, found, version_of(form))
        done = engine.perform(WORKFLOW, verb, actor, found, form.given(found))
        said = form.outcome(actor, done)
    except Refusal as refusal:
        if refusal.status not in (409, 422):
            raise
        discard()
        return show(queries.get_matter(actor, matter_id), form, form.template, words, refusal)
    flash(said)
    return after(found)


def _press(verb: MatterVerb[None], matter_id: UUID) -> Response:
    """A bare button: done at once."""
    found = enact(current_actor(), verb, matter_id, None, version=version_of(PlainForm())).record
    flash(str(verb.said))
    return go(url_of(found))


def _page_of(verb: MatterVerb[Any], path: str, way: Callable[[MatterVerb[Any], UUID], Response], *methods: str) -> None:
    def view(matter_id: UUID) -> Response:
        return way(verb, matter_id)

    guarded = allows(verb.act, once="GET" in methods)(view)
    blueprint.add_url_rule(f"/matters/<uuid:matter_id>/{path}", verb.name, guarded, methods=methods)


for _verb in VERBS:
    if _verb.form is not None:
        _page_of(_verb, _verb.form.path or _verb.name.replace("_", "-"), _perform, "GET", "POST")
    elif _verb.offered is not Offered.NEVER:
        _page_of(_verb, _verb.name, _press, "POST")
