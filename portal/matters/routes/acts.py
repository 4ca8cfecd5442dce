"""One form, one act, on one matter: each route names its form and the verb of the service; the rest is said here once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Response, flash, request, url_for
from wtforms import SelectField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]

from portal.access.policy import allowed
from portal.kernel.language import _
from portal.kernel.refusals import Forbidden, Refusal
from portal.matters import away, queries, views
from portal.matters.book import BOOK
from portal.matters.models import Matter
from portal.matters.routes.matter import after, head_of, url_of
from portal.network.models import Unit
from portal.network.queries import handlers_of, names_in, unit_typed
from portal.registry.acts import Act
from portal.web.answers import page
from portal.web.forms import OfficeForm, id_from, redraw
from portal.web.guards import current_actor
from portal.web.transactions import discard
from portal.workflow import engine

Do = Callable[[Matter, Any], str]


def units_typed(text: str | None, field: str) -> list[Unit]:
    """Several units; one that is named twice, by whatever name, is meant once."""
    return list(dict.fromkeys(unit for name in names_in(text) if (unit := unit_typed(name, field)) is not None))


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


def demand(found: Matter, act: Act) -> None:
    """Forbidden, with every condition that is not met, where this act on the matter is not the reader's; asked before
    anything typed is looked at."""
    decision = allowed(current_actor(), act, found)
    if not decision:
        raise Forbidden(_("您不能办理这一步：%(why)s", why="；".join(decision.unmet)), unmet=decision.unmet)


def perform(
    matter_id: UUID,
    act: Act,
    form: OfficeForm,
    do: Do,
    *,
    title: str,
    button: str | None = None,
    event: str | None = None,
    template: str = "instructions/act.html",
    **words: Any,
) -> Response:
    """Show the form (GET), or do the act and go back to the matter (POST). What stands in the way is listed first; a
    refusal draws the form again with what was typed. `lead` and `facts`, where functions, are asked of the matter."""
    found = queries.one(current_actor(), matter_id)
    demand(found, act)
    drawn = {"title": title, "button": button or title, **words}
    for name in ("lead", "facts"):
        if callable(drawn.get(name)):
            drawn[name] = drawn[name](found)
    if event is not None:
        judged = engine.judge(BOOK, current_actor(), found, event)
        drawn["blocked"] = list(judged.unmet) if not judged.possible else []
    if not form.is_submitted():
        return show(found, form, template, drawn)
    try:
        if not form.validate():
            return show(found, form, template, drawn | {"blocked": []})
        engine.fresh(BOOK, current_actor(), found, version_of(form))
        said = do(found, form)
    except Refusal as refusal:
        if refusal.status not in (409, 422):
            raise
        discard()
        again = queries.one(current_actor(), matter_id)
        return show(again, form, template, drawn | {"blocked": []}, refusal)
    flash(said)
    return after(found)


def version_of(form: OfficeForm) -> int | None:
    """The matter's version that the form was drawn from."""
    version: int | None = form.version.data  # type: ignore[assignment]
    return version


def offer_handlers(form: OfficeForm, unit: Unit | None, found: Matter) -> None:
    """Fill the field with those who may be named handler in that unit, each with the days he is away before the deadline."""
    field = form["handler"]
    assert isinstance(field, SelectField)
    people = handlers_of(unit.id) if unit else []
    days = away.spans({h.person_id: h.name for h in people}, found.due_on)
    labels = [
        (h.post_id, _("%(who)s（%(span)s外出）", who=h.name, span=days[h.person_id]) if h.person_id in days else h.name)
        for h in people
    ]
    field.choices = [SelectChoice("", _("请选择")), *(SelectChoice(str(post_id), label) for post_id, label in labels)]


def chosen_post(form: OfficeForm) -> int | None:
    """The post that was chosen in the field, if there is one."""
    return id_from(form["handler"].data) if "handler" in form else None
