"""Proving that it is he: the second step of signing in, confirming oneself again, and one's own second factor."""

from __future__ import annotations

from typing import Any

from flask import Response, current_app, flash, request, url_for

from portal.access.acts import OPEN_TO_ALL, SIGNED_IN
from portal.identity import authentication, second_factor
from portal.identity.forms import CodeForm, ConfirmForm, NewFactorForm
from portal.identity.routes import blueprint, limiter
from portal.identity.routes.signing_in import let_in
from portal.identity.service import signing_in
from portal.kernel.language import _
from portal.kernel.refusals import Forbidden, Invalid, Invisible, Unconfirmed
from portal.web.cities import current_city, inside
from portal.web.forms import redraw
from portal.web.guards import allows, current_actor, current_visitor, must_have_second_factor
from portal.web.navigation import desk_url
from portal.web.responses import go, page

STEP, CONFIRM, FACTOR, CODES = (
    "identity/second_step.html",
    "identity/confirm.html",
    "identity/second_factor.html",
    "identity/recovery_codes.html",
)


# ----------------------------------------------------------------------------------------------------------- signing in


@blueprint.get("/sign-in/code")
@allows(OPEN_TO_ALL)
def second_step() -> Response:
    """The second step's page; who has not shown his password yet begins with it."""
    half = authentication.halfway()
    if half is None:
        return go(url_for("identity.sign_in", next=inside(request.args.get("next"))))
    return page(STEP, **_step_page(CodeForm(formdata=None), half))


@blueprint.post("/sign-in/code")
@limiter.limit(lambda: current_app.config["SIGN_IN_LIMIT"])
@allows(OPEN_TO_ALL)
def enter_code() -> Response:
    """Sign in with the code; what was shown of the password holds for five minutes."""
    half = authentication.halfway()
    if half is None:
        return go(url_for("identity.sign_in", next=inside(request.args.get("next"))))
    form = CodeForm()
    if not form.validate():
        return redraw(STEP, **_step_page(form, half))
    try:
        found = signing_in.second_step(
            half,
            form.passcode.data or "",
            authentication.source(half.name),
            authentication.address(),
            current_app.config["SESSION_ABSOLUTE"],
        )
    except Invalid as refusal:
        return redraw(STEP, refusal=refusal, **_step_page(form, half))
    except Invisible:
        return go(url_for("identity.sign_in", next=inside(request.args.get("next"))))
    return let_in(*found)


def _step_page(form: CodeForm, half: signing_in.Halfway) -> dict[str, Any]:
    onward = inside(request.args.get("next"))
    return {
        "form": form,
        "name": half.name,
        "action": url_for("identity.enter_code", next=onward),
        "back_url": url_for("identity.sign_in", next=onward),
    }


# ------------------------------------------------------------------------------------------------------ confirming again


def _confirm_form(*, fresh: bool = False) -> ConfirmForm:
    form = ConfirmForm(formdata=None) if fresh else ConfirmForm()
    if not authentication.asks_for_code():
        del form.passcode
    return form


def _given(form: ConfirmForm) -> str | None:
    return form.passcode.data if "passcode" in form else None


@blueprint.route("/confirm", methods=["GET", "POST"])
@limiter.limit(lambda: current_app.config["SIGN_IN_LIMIT"])
@allows(SIGNED_IN, one_factor=True)
def confirm() -> Response:
    """Show again that it is he, and go back to where one was going; what was typed there has been kept."""
    onward = inside(request.args.get("next"))
    form = _confirm_form(fresh=request.method == "GET")
    kept = bool(onward and "/continue/" in onward)
    shown: dict[str, Any] = {"action": url_for("identity.confirm", next=onward), "back_url": desk_url(), "kept": kept}
    if not form.is_submitted():
        return page(CONFIRM, form=form, refusal=None, **shown)
    if not form.validate():
        return redraw(CONFIRM, form, **shown)
    try:
        authentication.confirm(current_actor(), form.password.data or "", _given(form))
    except Invalid as refusal:
        return redraw(CONFIRM, form, refusal, **shown)
    return go(onward or desk_url())


# ------------------------------------------------------------------------------------------------------ the second factor


@blueprint.get("/second-factor", endpoint="second_factor")
@allows(SIGNED_IN, one_factor=True)
def second_factor_page() -> Response:
    """One's own second factor: how it stands, or how it is set up."""
    return page(FACTOR, refusal=None, **_factor_page(NewFactorForm(formdata=None), _confirm_form(fresh=True)))


@blueprint.post("/second-factor/begin")
@allows(SIGNED_IN, one_factor=True)
def begin_second_factor() -> Response:
    """Make a key, to be read off by a telephone; it is in force once a code was typed."""
    _lately_confirmed()
    second_factor.begin(current_actor().person_id)
    return go(url_for("identity.second_factor"))


@blueprint.post("/second-factor")
@limiter.limit(lambda: current_app.config["SIGN_IN_LIMIT"])
@allows(SIGNED_IN, one_factor=True)
def set_up_second_factor() -> Response:
    """The first code: from now on it is asked for. The recovery codes are shown this once."""
    _lately_confirmed()
    form = NewFactorForm()
    actor = current_actor()
    try:
        if not form.validate():
            raise Invalid(_("动态口令没有启用"))
        codes = signing_in.set_up_second_factor(actor, form.passcode.data or "")
    except Invalid as refusal:
        return redraw(FACTOR, refusal=refusal, **_factor_page(form, _confirm_form(fresh=True)))
    return page(CODES, codes=codes, onward=desk_url(), begun=True)


@blueprint.post("/second-factor/recovery-codes")
@limiter.limit(lambda: current_app.config["SIGN_IN_LIMIT"])
@allows(SIGNED_IN)
def renew_recovery_codes() -> Response:
    """Ten new recovery codes, for password and code."""
    form = _confirm_form()
    if refused := _not_he(form):
        return refused
    codes = signing_in.renew_recovery_codes(current_actor())
    return page(CODES, codes=codes, onward=url_for("identity.second_factor"), begun=False)


@blueprint.post("/second-factor/end")
@limiter.limit(lambda: current_app.config["SIGN_IN_LIMIT"])
@allows(SIGNED_IN)
def end_second_factor() -> Response:
    """End one's own second factor, for password and code; whoever must have one keeps it."""
    if must_have_second_factor(_me()):
        raise Forbidden(_("您必须使用动态口令，不能停用"))
    form = _confirm_form()
    if refused := _not_he(form):
        return refused
    signing_in.give_up_second_factor(current_actor())
    flash(_("动态口令已停用"), "done")
    return go(url_for("identity.second_factor"))


def _not_he(form: ConfirmForm) -> Response | None:
    """The page again where password or code is wrong."""
    if not authentication.signed_in().has_second_factor:
        raise Invalid(_("还没有启用动态口令"))
    try:
        if not form.validate():
            raise Invalid(_("请填写口令和动态口令"))
        authentication.confirm(current_actor(), form.password.data or "", _given(form))
    except Invalid as refusal:
        shown = _factor_page(NewFactorForm(formdata=None), form)
        return redraw(FACTOR, form, refusal, **{name: value for name, value in shown.items() if name != "form"})
    return None


def _lately_confirmed() -> None:
    if not current_actor().confirmed:
        raise Unconfirmed(_("请再次确认身份"))


def _me() -> Any:
    return current_visitor()


def _factor_page(form: NewFactorForm, confirm_form: ConfirmForm) -> dict[str, Any]:
    me = authentication.signed_in()
    state = second_factor.state_of(me.person_id)
    city = current_city()
    drawing = None
    if state.key is not None and city is not None:
        drawing = second_factor.drawing_of(second_factor.address_of(state.key, me.sign_in_name, f"{_('督办通')} {city.name}"))
    return {
        "form": form,
        "confirm_form": confirm_form,
        "state": state,
        "must": must_have_second_factor(_me()),
        "drawing": drawing,
        "key": " ".join(state.key[i : i + 4] for i in range(0, len(state.key), 4)) if state.key else None,
        "action": url_for("identity.set_up_second_factor"),
        "begin_url": url_for("identity.begin_second_factor"),
        "renew_url": url_for("identity.renew_recovery_codes"),
        "end_url": url_for("identity.end_second_factor"),
    }
