"""Signing in and out, password, one's sign-ins, language, acting post, and the kept form."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, current_app, flash, request, url_for

from portal.access.acts import OPEN_TO_ALL, SIGNED_IN
from portal.identity import authentication, kept_forms, passwords, sessions
from portal.identity.forms import PasswordForm, SignInForm
from portal.identity.models import SignInSession
from portal.identity.routes import ShownAccounts, blueprint, limiter
from portal.identity.service import accounts, signing_in
from portal.kernel import clock
from portal.kernel.language import LANGUAGES, _
from portal.kernel.refusals import Invalid, Invisible
from portal.web import locale
from portal.web.cities import current_city, inside
from portal.web.forms import redraw, typed_by_hand
from portal.web.guards import allows, current_actor, current_visitor
from portal.web.navigation import desk_url
from portal.web.responses import go, page


@blueprint.get("/sign-in")
@allows(OPEN_TO_ALL)
def sign_in() -> Response:
    """The sign-in page; who is signed in already goes on."""
    if current_visitor() is not None:
        return go(inside(request.args.get("next")) or desk_url())
    return page("identity/sign_in.html", **_sign_in_page(SignInForm(formdata=None)))


@blueprint.post("/sign-in")
@limiter.limit(lambda: current_app.config["SIGN_IN_LIMIT"])
@allows(OPEN_TO_ALL)
def enter() -> Response:
    """Sign in; a session that was there before ends."""
    form = SignInForm()
    if not form.validate():
        return redraw("identity/sign_in.html", **_sign_in_page(form))
    name = form.name.data or ""
    try:
        found = signing_in.sign_in(
            name,
            form.password.data or "",
            authentication.source(name),
            authentication.address(),
            current_app.config["SESSION_ABSOLUTE"],
        )
    except Invalid as refusal:
        return redraw("identity/sign_in.html", refusal=refusal, **_sign_in_page(form))
    if isinstance(found, signing_in.Halfway):
        authentication.go_halfway(found)
        return go(url_for("identity.second_step", next=inside(request.args.get("next"))))
    return let_in(*found)


def let_in(made: SignInSession, token: str) -> Response:
    """Give the browser its session; one that was there before ends."""
    before = current_visitor()
    if before is not None:
        sessions.end(before.person_id, before.session_id)
    authentication.admit(made, token)
    _welcome(made)
    return authentication.remember_browser(go(_landing(made.person_id)))


@blueprint.post("/sign-out")
@allows(SIGNED_IN, first_password=True)
def sign_out() -> Response:
    """End this session; the browser forgets what it kept of it."""
    sessions.sign_out(authentication.signed_in())
    authentication.dismiss()
    response = go(url_for("identity.sign_in"))
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


@blueprint.get("/password")
@allows(SIGNED_IN, first_password=True)
def password() -> Response:
    """The page to change one's password; the only one open with a one-time password."""
    return page("identity/password.html", **_password_page(PasswordForm(formdata=None)))


@blueprint.post("/password")
@limiter.limit(lambda: current_app.config["SIGN_IN_LIMIT"])
@allows(SIGNED_IN, first_password=True)
def change_password() -> Response:
    """Change one's password: other sessions end, this one goes on under a new token."""
    form = PasswordForm()
    shown = _password_page(form)
    if not form.validate():
        return redraw("identity/password.html", **shown)
    try:
        if form.new_password.data != form.repeat_password.data:
            raise Invalid(_("口令没有改"), fields={"repeat_password": _("两次填写的新口令不一样")})
        token = signing_in.change_password(
            current_actor(),
            authentication.signed_in().session_id,
            form.password.data or "",
            form.new_password.data or "",
            authentication.source(),
            authentication.address(),
        )
    except Invalid as refusal:
        return redraw("identity/password.html", refusal=refusal, **shown)
    authentication.renew(token)
    flash(_("口令已改，其他设备上的登录已失效"), "done")
    _say_suspended(accounts.is_suspended(current_actor().person_id))
    return go(desk_url())


@blueprint.get("/sign-ins")
@allows(SIGNED_IN)
def sign_ins() -> Response:
    """One's own sign-ins and the failed attempts under one's name."""
    me = authentication.signed_in()
    lines = [
        {
            "at": one.at,
            "outcome": one.outcome,
            "ok": one.ok,
            "source": one.source,
            "current": one.session_id == me.session_id,
            "end_url": url_for("identity.end_session", session_id=one.session_id)
            if one.session_id and one.session_id != me.session_id
            else None,
        }
        for one in sessions.sign_ins_of(me, current_app.config["SESSION_IDLE"])
    ]
    others = url_for("identity.end_others") if any(line["end_url"] for line in lines) else None
    return page("identity/sign_ins.html", sign_ins=lines, end_others_url=others)


@blueprint.post("/sign-ins/<uuid:session_id>/end")
@allows(SIGNED_IN)
def end_session(session_id: UUID) -> Response:
    """End one of one's own sessions elsewhere."""
    sessions.end(authentication.signed_in().person_id, session_id)
    flash(_("该处登录已结束"), "done")
    return go(url_for("identity.sign_ins"))


@blueprint.post("/sign-ins/end-others")
@allows(SIGNED_IN)
def end_others() -> Response:
    """End all of one's sessions but this one."""
    me = authentication.signed_in()
    sessions.end_others(me.person_id, me.session_id)
    flash(_("其他设备上的登录已结束"), "done")
    return go(url_for("identity.sign_ins"))


@blueprint.post("/language")
@allows(OPEN_TO_ALL)
def language() -> Response:
    """Show everything in the other language: to the person wherever he signs in, else to this browser."""
    chosen = request.form.get("language", "")
    if chosen not in LANGUAGES:
        raise Invalid(_("没有这种语言"))
    visitor = current_visitor()
    if visitor is not None:
        accounts.speak(visitor.person_id, chosen)
    response = go(inside(request.form.get("next")) or url_for("identity.sign_in"))
    locale.remember(response, chosen)
    return response


@blueprint.post("/acting-post")
@allows(SIGNED_IN, one_factor=True)
def acting_post() -> Response:
    """Act in another of one's posts."""
    chosen = request.form.get("post", "")
    if not (chosen.isascii() and chosen.isdigit() and len(chosen) < 10):
        raise Invisible
    sessions.act_in(authentication.signed_in(), current_actor(), int(chosen))
    return go(inside(request.form.get("next")) or desk_url())


@blueprint.get("/continue/<uuid:kept_id>")
@allows(SIGNED_IN)
def carry_on(kept_id: UUID) -> Response:
    """What was typed when the session had expired: to be looked at, and sent on or dropped."""
    kept = kept_forms.find(authentication.signed_in().person_id, kept_id)
    kept_forms.shown(authentication.signed_in().person_id, kept_id)
    return page(
        "identity/continue.html",
        label=_("您填写的内容"),
        kept_at=kept.kept_at,
        shown=typed_by_hand(kept.fields),
        fields=kept.fields,
        files=kept.files,
        action=kept.path,
        drop_url=url_for("identity.drop", kept_id=kept.id),
    )


@blueprint.post("/continue/<uuid:kept_id>/drop")
@allows(SIGNED_IN)
def drop(kept_id: UUID) -> Response:
    """Throw away what was kept."""
    kept_forms.drop(authentication.signed_in().person_id, kept_id)
    return go(desk_url())


def _sign_in_page(form: SignInForm) -> dict[str, Any]:
    onward = inside(request.args.get("next"))
    kept = onward is not None and onward.startswith(url_for("identity.sign_in").removesuffix("sign-in") + "continue/")
    city = current_city()
    shown: ShownAccounts | None = current_app.extensions.get("shown_accounts")
    if shown is None or city is None or not city.demonstration or city.slug != shown.slug:
        shown = None
    return {
        "form": form,
        "action": url_for("identity.enter", next=onward),
        "kept": kept,
        "became": request.args.get("form"),
        "accounts": shown.accounts if shown else None,
        "password_words": shown.password_words if shown else None,
    }


def _password_page(form: PasswordForm) -> dict[str, Any]:
    me = authentication.signed_in()
    form.new_password.description = passwords.hint(me.dengbao)
    return {
        "form": form,
        "action": url_for("identity.change_password"),
        "back_url": desk_url(),
        "forced": me.must_change_password,
        "over_age": me.password_over_age,
        "suspended": me.suspended and not me.has_second_factor,
    }


def _landing(person_id: int) -> str:
    """Where one goes after signing in; another person's kept form is not the place, one's own that waits is."""
    onward = inside(request.args.get("next"))
    head, _sep, tail = (onward or "").rpartition("/continue/")
    if onward and head == url_for("identity.sign_in").removesuffix("/sign-in"):
        try:
            kept_forms.find(person_id, UUID(tail))
        except (ValueError, Invisible):
            onward = None
    waiting = None if onward else kept_forms.waiting(person_id)
    return onward or (url_for("identity.carry_on", kept_id=waiting) if waiting else desk_url())


def _welcome(made: SignInSession) -> None:
    _warn_of_age(made)
    _say_suspended(made.person.suspended_at is not None and not made.person.must_change_password)
    before = sessions.last_before(made)
    if before is None:
        return
    last, failed = before
    when = clock.local(last.started_at).strftime("%Y-%m-%d %H:%M")
    flash(_("上次登录：%(when)s，来自 %(source)s", when=when, source=last.source), "note")
    if failed:
        flash(_("此后有 %(count)s 次用您的登录名登录失败。如不是本人，请报告", count=failed), "late")


def _say_suspended(suspended: bool) -> None:
    if suspended:
        flash(_("口令由他人发放或重置，还没有核实身份，限定知悉的内容暂不显示；请到安全管理员处当面核实"), "soon")


def _warn_of_age(made: SignInSession) -> None:
    until = signing_in.password_expires_at(made.person)
    if until is not None and clock.now() < until <= clock.now() + passwords.WARNED:
        flash(_("口令将于 %(day)s 到期，请在此之前更改", day=f"{clock.local(until):%Y-%m-%d %H:%M}"), "soon")
