"""One form, one act: each route names its form and the verb of the service; the rest is said here once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response, request, url_for

from portal.identity.models import Person
from portal.kernel.language import _
from portal.kernel.refusals import Invalid, Refusal
from portal.network.queries import resolve_person
from portal.web.forms import OfficeForm, redraw
from portal.web.responses import page

ACT = "staffing/act.html"


def perform(form: OfficeForm, do: Callable[[], Response], *, title: str, back_url: str, **words: Any) -> Response:
    """Show the form (GET), or do the act. A refusal that the form can mend draws it again with what was typed."""
    drawn = {
        "title": title, "back_url": back_url, "action": request.path, "pickers": _pickers(), "lead": None, "facts": [],
        "crumb": None, "button": title, "rows": {}, **words,
    }  # fmt: skip
    if not form.is_submitted():
        return page(ACT, form=form, refusal=None, **drawn)
    if not form.validate():
        return redraw(ACT, form, **drawn)
    try:
        return do()
    except Refusal as refusal:
        if refusal.status not in (409, 422):
            raise
        return redraw(ACT, form, refusal, **drawn)


def _pickers() -> dict[str, str]:
    return {"person": url_for("network.suggest_people"), "unit": url_for("network.suggest")}


def person_typed(text: str | None) -> Person | None:
    """The person who was typed; Invalid beside the field when there is none."""
    if not text:
        return None
    found = resolve_person(text)
    if found is None:
        raise Invalid(
            _("没有找到“%(text)s”", text=text), fields={"person": _("没有这个人，或有几人同名，请从列出的人员中选择，或填登录名")}
        )
    return found


def chosen(text: str | None) -> int | None:
    """The post that was chosen, None for nobody."""
    said = text or ""
    return int(said) if said.isascii() and said.isdigit() and len(said) < 10 else None
