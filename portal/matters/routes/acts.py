"""The pages of the verbs: one form, one act, on one matter. Each verb of a kind of matter that has a form, or is a bare button,
stands under its name, whichever kind's it is."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Flask, Response, flash, request, url_for

from portal.kernel.refusals import Invisible, Refusal
from portal.matters import queries, views
from portal.matters.forms.reports import PlainForm
from portal.matters.kinds import kind_of, matter_kinds
from portal.matters.models import Matter
from portal.matters.routes.matter import after, head_of, url_of
from portal.matters.workflow import WORKFLOW, MatterVerb
from portal.registry.registered import Unregistrable
from portal.web.cities import PREFIX
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


def install(app: Flask) -> None:
    """Give each verb of the kinds of matter its page."""
    first: dict[str, MatterVerb[Any]] = {}
    for verb in (verb for kind in matter_kinds() for verb in kind.verbs if _has_page(verb)):
        if _path_of(first.setdefault(verb.name, verb)) != _path_of(verb):
            raise Unregistrable(f"{verb.name} is done at {_path_of(first[verb.name])} and at {_path_of(verb)}")
    for verb in first.values():
        _page_of(app, verb)


def _has_page(verb: MatterVerb[Any]) -> bool:
    return verb.form is not None or verb.offered is not Offered.NEVER


def _path_of(verb: MatterVerb[Any]) -> str:
    """Where it is done, below its matter's address."""
    return verb.name if verb.form is None else verb.form.path or verb.name.replace("_", "-")


def _page_of(app: Flask, first: MatterVerb[Any]) -> None:
    def view(matter_id: UUID) -> Response:
        found = queries.get_matter(current_actor(), matter_id)
        verb = kind_of(found).verb(first.name)
        if verb is None:
            raise Invisible
        return _press(verb, found) if verb.form is None else _perform(verb, found)

    bare = first.form is None
    guarded = allows(first.act, once=not bare)(view)
    rule = f"{PREFIX}/matters/<uuid:matter_id>/{_path_of(first)}"
    app.add_url_rule(rule, f"matters.{first.name}", guarded, methods=("POST",) if bare else ("GET", "POST"))


def _perform(verb: MatterVerb[Any], found: Matter) -> Response:
    """Show the form (GET), or do the act and go back to the matter (POST). What stands in the way is listed first; a
    refusal draws the form again with what was typed."""
    actor = current_actor()
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
        matter_id = found.id
        discard()
        return show(queries.get_matter(actor, matter_id), form, form.template, words, refusal)
    flash(said)
    return after(found)


def _press(verb: MatterVerb[None], found: Matter) -> Response:
    """A bare button: done at once."""
    engine.perform(WORKFLOW, verb, current_actor(), found, None, version=version_of(PlainForm()))
    flash(str(verb.said))
    return go(url_of(found))
