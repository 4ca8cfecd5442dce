"""Registering one instruction, correcting it, and registering a further round of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from flask import Response, flash, url_for
from wtforms import StringField

from portal.identity.queries import person_by_id
from portal.instructions import acts, service
from portal.instructions.forms import AmendForm, NewRoundForm, RegistrationForm
from portal.instructions.queries import get_instruction
from portal.instructions.routes import blueprint
from portal.instructions.rules import INSTRUCTION
from portal.kernel.language import _
from portal.kernel.refusals import Refusal
from portal.matters.acts import AMEND, NEW_ROUND
from portal.matters.models import Matter, State
from portal.matters.service import attaching
from portal.matters.service.creation import registered_under
from portal.vault.screening import classification_mark
from portal.web.forms import redraw
from portal.web.guards import allows, current_actor
from portal.web.responses import go, page
from portal.workflow.engine import demand

FORM = "instructions/form.html"


@dataclass(frozen=True, slots=True)
class _About:
    number: str
    title: str | None
    url: str
    version: int


def _filed_under(key: UUID) -> str | None:
    matter_id = registered_under(current_actor(), INSTRUCTION, key)
    return _url(matter_id) if matter_id else None


@blueprint.get("/instructions/register")
@allows(acts.REGISTER, once=True, filed_under=_filed_under)
def register() -> Response:
    """The empty form."""
    form = RegistrationForm()
    return page(FORM, form=form, refusal=None, **_registering())


@blueprint.post("/instructions/register")
@allows(acts.REGISTER, once=True, filed_under=_filed_under)
def file_registration() -> Response:
    """Enter it; sent twice, it is entered once."""
    form = RegistrationForm()
    if not form.validate():
        return _again(form, None, _registering())
    try:
        matter = service.register(current_actor(), form.registration())
        _attach(matter.id, form)
    except Refusal as refusal:
        return _again(form, refusal, _registering())
    flash(_("已登记，编号 %(number)s", number=matter.number))
    return go(_url(matter.id))


@blueprint.get("/instructions/<uuid:matter_id>/amend")
@allows(AMEND, once=True)
def amend(matter_id: UUID) -> Response:
    """The form with what is registered."""
    matter, form = _amending(matter_id, AmendForm(formdata=None))
    _show(form, matter)
    return page(FORM, form=form, refusal=None, **_about(matter, "instructions.file_amendment"))


@blueprint.post("/instructions/<uuid:matter_id>/amend")
@allows(AMEND, once=True)
def file_amendment(matter_id: UUID) -> Response:
    """Correct it; where more follows than was typed, that is shown first, and done when the form comes again."""
    matter, form = _amending(matter_id, AmendForm())
    drawn = _about(matter, "instructions.file_amendment")
    if not form.validate():
        return _again(form, None, drawn)
    reason = form.reason.data if "reason" in form else None
    try:
        version = cast("int | None", form.version.data)
        service.amend(current_actor(), matter_id, form.registration(), version, reason, form.seen.data or "")
    except service.ToBeSeen as more:
        form.seen.data = more.key
        return _again(form, more, drawn | {"seen": more.key})
    except Refusal as refusal:
        return _again(form, refusal, drawn)
    flash(_("已更正"))
    return go(_url(matter_id))


@blueprint.get("/instructions/<uuid:matter_id>/new-round")
@allows(NEW_ROUND, once=True, filed_under=_filed_under)
def new_round(matter_id: UUID) -> Response:
    """The form, with what stays the same filled in for whoever may read it."""
    former = _former(matter_id)
    form = NewRoundForm(formdata=None)
    if former.content is not None:
        _show(form, former)
    form.instructed_on.data = form.received_on.data = form.text.data = None
    return page(FORM, form=form, refusal=None, **_next_of(former))


@blueprint.post("/instructions/<uuid:matter_id>/new-round")
@allows(NEW_ROUND, once=True, filed_under=_filed_under)
def file_new_round(matter_id: UUID) -> Response:
    """Enter the further round."""
    former = _former(matter_id)
    form = NewRoundForm()
    if not form.validate():
        return _again(form, None, _next_of(former))
    try:
        matter = service.new_round(current_actor(), matter_id, form.registration())
        _attach(matter.id, form)
    except Refusal as refusal:
        return _again(form, refusal, _next_of(former))
    flash(_("已登记第 %(round)s 轮，编号 %(number)s", round=matter.round, number=matter.number))
    return go(_url(matter.id))


def _attach(matter_id: UUID, form: RegistrationForm) -> None:
    """The papers sent along; a second click finds them there."""
    chosen = [upload for upload in form.attachments.data or [] if upload]
    if not chosen:
        return
    registered = get_instruction(current_actor(), matter_id)
    if registered.content is not None and not registered.content.has("attachment"):
        papers = [(upload.filename or "", upload.stream) for upload in chosen]
        attaching.attach_to_matter(current_actor(), registered, papers)


def _url(matter_id: UUID) -> str:
    return url_for("matters.matter", matter_id=matter_id)


def _amending(matter_id: UUID, form: AmendForm) -> tuple[Matter, AmendForm]:
    matter = get_instruction(current_actor(), matter_id)
    demand(current_actor(), AMEND, matter)
    form.only_for(assigned=matter.state != State.REGISTERED)
    return matter, form


def _former(matter_id: UUID) -> Matter:
    former = get_instruction(current_actor(), matter_id)
    demand(current_actor(), NEW_ROUND, former)
    return former


def _show(form: RegistrationForm, matter: Matter) -> None:
    content = matter.content
    if content is None:
        return
    leader = person_by_id(content.leader_id) if content.leader_id else None
    helping = "、".join(f"{c.unit.name} ({c.unit.code})" for c in getattr(matter, "co_units", ()))
    form.show(matter, content, leader.sign_in_name if leader else None, helping)


def _again(form: RegistrationForm, refusal: Refusal | None, drawn: dict[str, Any]) -> Response:
    if refusal is not None and refusal.status not in (409, 422):
        raise refusal
    if isinstance(refusal, service.KeyUsed):
        form.renew_key()
    if isinstance(refusal, service.PaperKnown):
        form.ask_about(refusal.numbers)
    drawn["alike"] = [(number, url_for("instructions.register_list", q=number)) for number in form.asked_about]
    for field in form:
        # What must not be kept is not sent back either.
        if isinstance(field, StringField) and isinstance(field.data, str) and classification_mark(field.data):
            field.data = ""
    return redraw(FORM, form, refusal, **drawn)


def _pickers() -> dict[str, str]:
    units = url_for("network.suggest")
    return {"lead_unit": units, "co_units": units, "leader_post": url_for("network.suggest_leaders")}


def _registering() -> dict[str, Any]:
    return {
        "pickers": _pickers(),
        "matter": None,
        "alike": [],
        "files": [],
        "action": url_for("instructions.file_registration"),
        "back_url": url_for("instructions.register_list"),
    }


def _about(matter: Matter, endpoint: str) -> dict[str, Any]:
    title = matter.content.title if matter.content else None
    return {
        "pickers": _pickers(),
        "matter": _About(matter.number, title, _url(matter.id), matter.version),
        "alike": [],
        "files": [],
        "action": url_for(endpoint, matter_id=matter.id),
        "back_url": _url(matter.id),
    }


def _next_of(former: Matter) -> dict[str, Any]:
    return {
        **_registering(),
        "former": _About(former.number, None, _url(former.id), former.version),
        "action": url_for("instructions.file_new_round", matter_id=former.id),
        "back_url": _url(former.id),
    }
